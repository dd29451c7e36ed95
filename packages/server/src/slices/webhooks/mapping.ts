import { Delivery } from '@keylease/shared/contracts/deliveries'
import type { Webhook } from '@keylease/shared/contracts/webhooks'
import type { DeliveryRow } from './deliveries/queries'
import type { WebhookRow } from './queries'

export const toWebhook = (row: WebhookRow): Webhook => ({
  id: row.id,
  url: row.url,
  description: row.description,
  kinds: row.kinds,
  enabled: row.enabled,
  disabledReason: row.disabledReason,
  failingSince: row.failingSince?.toISOString() ?? null,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})

export const toDelivery = (row: DeliveryRow): Delivery =>
  Delivery.parse({
    ...row,
    kind: row.event.kind,
    nextAttemptAt: row.status === 'pending' ? row.nextAttemptAt.toISOString() : null,
    lastAttemptAt: row.lastAttemptAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  })
