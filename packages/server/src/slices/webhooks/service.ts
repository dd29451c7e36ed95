import type { Delivery, DeliveryPage, ListDeliveries } from '@keylease/shared/contracts/deliveries'
import type { CreatedWebhook, CreateWebhook, ListWebhooks, UpdateWebhook, Webhook, WebhookPage } from '@keylease/shared/contracts/webhooks'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { countDeliveryRows, giveUpPending, insertTestDelivery, listDeliveryRows, lockDelivery, updateDelivery } from './deliveries/queries'
import { toDelivery, toWebhook } from './mapping'
import { countWebhookRows, findWebhook, insertWebhook, listWebhookRows, lockWebhook, updateWebhookRow, type WebhookRow } from './queries'
import { createWebhookSecret, sealWebhookSecret } from './secret'

export function listWebhookPage(deps: Deps, actor: Actor, query: ListWebhooks): Promise<WebhookPage> {
  const filter = { enabled: query.enabled === undefined ? undefined : query.enabled === 'true' }
  const after = readCursor('webhook', query.cursor)
  return readAs(deps, actor, async (tx) => {
    const rows = await listWebhookRows(tx, filter, { after, take: query.limit + 1 })
    const total = await countWebhookRows(tx, filter, countLimit)
    return toPage(rows.map(toWebhook), query.limit, total)
  })
}

export function getWebhook(deps: Deps, actor: Actor, id: string): Promise<Webhook> {
  return readAs(deps, actor, async (tx) => toWebhook(present(await findWebhook(tx, id))))
}

export function createWebhook(deps: Deps, actor: Actor, input: CreateWebhook): Promise<CreatedWebhook> {
  return writeAs(deps, actor, async (tx) => {
    deps.outbound.check(input.url)
    const { secret = createWebhookSecret(), ...fields } = input
    const id = newId('webhook')
    const now = deps.clock.now()
    const sealedSecret = await sealWebhookSecret(deps, actor.organizationId, id, secret)
    const values = { organizationId: actor.organizationId, id, sealedSecret, createdBy: actor.id, createdAt: now, updatedAt: now }
    const after = toWebhook(await insertWebhook(tx, { ...fields, ...values }))
    await recordAudit(tx, deps.clock, actor, { action: 'webhook.created', resource: { kind: 'webhook', id }, after })
    return { ...after, secret }
  })
}

export function updateWebhook(deps: Deps, actor: Actor, id: string, change: UpdateWebhook): Promise<Webhook> {
  return writeAs(deps, actor, async (tx) => {
    const before = toWebhook(present(await lockWebhook(tx, id)))
    const { secret, ...fields } = change
    if (fields.url !== undefined) deps.outbound.check(fields.url)
    const data = {
      ...presentFields(fields),
      ...(secret === undefined ? {} : { sealedSecret: await sealWebhookSecret(deps, actor.organizationId, id, secret) }),
      ...(fields.enabled === undefined ? {} : { disabledReason: null, failingSince: null }),
      updatedAt: deps.clock.now(),
    }
    const after = toWebhook(await updateWebhookRow(tx, actor.organizationId, id, data))
    if (!after.enabled) await giveUpPending(tx, id, 'The webhook was disabled.')
    await recordAudit(tx, deps.clock, actor, {
      action: 'webhook.updated',
      resource: { kind: 'webhook', id },
      before,
      after: secret === undefined ? after : { ...after, secret: 'changed' },
    })
    return after
  })
}

export function deleteWebhook(deps: Deps, actor: Actor, id: string): Promise<void> {
  return writeAs(deps, actor, async (tx) => {
    const before = toWebhook(present(await lockWebhook(tx, id)))
    await updateWebhookRow(tx, actor.organizationId, id, { deletedAt: deps.clock.now(), enabled: false })
    await giveUpPending(tx, id, 'The webhook was deleted.')
    await recordAudit(tx, deps.clock, actor, { action: 'webhook.deleted', resource: { kind: 'webhook', id }, before })
  })
}

export function testWebhook(deps: Deps, actor: Actor, id: string): Promise<Delivery> {
  return writeAs(deps, actor, async (tx) => {
    present(await lockWebhook(tx, id))
    const after = toDelivery(await insertTestDelivery(tx, actor.organizationId, id, deps.clock.now()))
    await recordAudit(tx, deps.clock, actor, {
      action: 'webhook.tested',
      resource: { kind: 'webhook', id },
      after: { deliveryId: after.id },
    })
    return after
  })
}

export function listDeliveryPage(deps: Deps, actor: Actor, webhookId: string, query: ListDeliveries): Promise<DeliveryPage> {
  const filter = { webhookId, status: query.status }
  const after = readCursor('delivery', query.cursor)
  return readAs(deps, actor, async (tx) => {
    present(await findWebhook(tx, webhookId))
    const rows = await listDeliveryRows(tx, filter, { after, take: query.limit + 1 })
    const total = await countDeliveryRows(tx, filter, countLimit)
    return toPage(rows.map(toDelivery), query.limit, total)
  })
}

export function retryDelivery(deps: Deps, actor: Actor, id: string): Promise<Delivery> {
  return writeAs(deps, actor, async (tx) => {
    const row = await lockDelivery(tx, id)
    if (!row) throw new AppError('not_found')
    const now = deps.clock.now()
    const anew = { status: 'pending', attempts: 0, startedAt: now, nextAttemptAt: now }
    const after = toDelivery(await updateDelivery(tx, actor.organizationId, id, anew))
    await recordAudit(tx, deps.clock, actor, {
      action: 'delivery.retried',
      resource: { kind: 'delivery', id },
      before: toDelivery(row),
      after,
    })
    return after
  })
}

function present(row: WebhookRow | null): WebhookRow {
  if (!row) throw new AppError('not_found')
  return row
}
