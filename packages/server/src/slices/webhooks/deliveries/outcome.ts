import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../../deps'
import { recordAudit } from '../../../platform/audit'
import type { Actor } from '../../../platform/auth'
import { recordEvent } from '../../../platform/outbox'
import { inTenant, type Tx } from '../../../platform/tenancy'
import { toWebhook } from '../mapping'
import { lockWebhook, updateWebhookRow, type WebhookRow } from '../queries'
import type { Attempt } from './attempt'
import { nextAttemptAt } from './pace'
import { type DueDelivery, giveUpPending, markAttempt } from './queries'

const disabledAfterMs = 5 * 24 * 3_600_000
const disabledReason = 'Nothing but failures for five days. See its deliveries, then enable it again.'

/** Writes what came of an attempt: of the delivery, and of its webhook. */
export function recordOutcome(deps: Pick<Deps, 'db' | 'clock'>, due: DueDelivery, attempt: Attempt, random: number): Promise<void> {
  const now = deps.clock.now()
  const { failure, answerStatus, answerExcerpt, latencyMs } = attempt
  return inTenant(deps.db, due.organizationId, async (tx) => {
    const webhook = await lockWebhook(tx, due.webhook.id)
    const next = failure === null ? null : nextAttemptAt(due.attempts, due.startedAt, now, random)
    const status = failure === null ? 'delivered' : next === null ? 'failed' : 'pending'
    const answer = { failure, answerStatus, answerExcerpt, latencyMs }
    await markAttempt(tx, due, { status, ...answer, ...(next === null ? {} : { nextAttemptAt: next }) })
    if (!webhook) return
    if (failure === null) return recordSuccess(tx, due, webhook)
    if (status === 'failed') await announceFailure(tx, due)
    await recordFailure(deps, tx, due, webhook)
  })
}

async function recordSuccess(tx: Tx, due: DueDelivery, webhook: WebhookRow): Promise<void> {
  if (webhook.failingSince !== null) await updateWebhookRow(tx, due.organizationId, webhook.id, { failingSince: null })
}

async function recordFailure(deps: Pick<Deps, 'clock'>, tx: Tx, due: DueDelivery, webhook: WebhookRow): Promise<void> {
  const now = deps.clock.now()
  if (webhook.failingSince === null) {
    await updateWebhookRow(tx, due.organizationId, webhook.id, { failingSince: now })
    return
  }
  if (!webhook.enabled || now.getTime() - webhook.failingSince.getTime() < disabledAfterMs) return
  const change = { enabled: false, disabledReason, updatedAt: now }
  const after = toWebhook(await updateWebhookRow(tx, due.organizationId, webhook.id, change))
  await giveUpPending(tx, webhook.id, 'The webhook was disabled.')
  const resource = { kind: 'webhook', id: webhook.id }
  await recordEvent(tx, due.organizationId, { kind: 'security.webhook_disabled', resource, payload: { url: webhook.url } })
  const before = toWebhook(webhook)
  await recordAudit(tx, deps.clock, serviceActor(due.organizationId), { action: 'webhook.disabled', resource, before, after })
}

/** News of a failed delivery is no news for whom it could not be delivered to: such a failure makes none. */
async function announceFailure(tx: Tx, due: DueDelivery): Promise<void> {
  if (due.event.kind.startsWith('security.webhook_')) return
  const payload = { webhookId: due.webhook.id, eventId: due.event.id, kind: due.event.kind, attempts: due.attempts }
  await recordEvent(tx, due.organizationId, { kind: 'security.webhook_failed', resource: { kind: 'delivery', id: due.id }, payload })
}

/** The service itself, where nobody asked. */
const serviceActor = (organizationId: string): Actor => ({
  kind: 'service',
  id: 'webhooks',
  name: 'Keylease',
  organizationId,
  permissions: new Set(),
  reach: 'organization',
  request: { id: newId('request'), address: '', userAgent: '' },
})
