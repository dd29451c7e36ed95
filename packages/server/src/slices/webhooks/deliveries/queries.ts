import { newId } from '@keylease/shared/ids'
import type { Prisma } from '../../../generated/prisma/client'
import type { Database } from '../../../platform/db'
import type { Tx } from '../../../platform/tenancy'

const columns = {
  id: true,
  webhookId: true,
  eventId: true,
  status: true,
  attempts: true,
  nextAttemptAt: true,
  lastAttemptAt: true,
  answerStatus: true,
  answerExcerpt: true,
  failure: true,
  latencyMs: true,
  createdAt: true,
  event: { select: { kind: true } },
} satisfies Prisma.WebhookDeliverySelect
export type DeliveryRow = Prisma.WebhookDeliveryGetPayload<{ select: typeof columns }>

/** With what a sender needs: where to, what, and the sealed secret. */
const dueColumns = {
  id: true,
  organizationId: true,
  attempts: true,
  startedAt: true,
  webhook: { select: { id: true, url: true, sealedSecret: true } },
  event: { select: { id: true, kind: true, resourceKind: true, resourceId: true, payload: true, createdAt: true } },
} satisfies Prisma.WebhookDeliverySelect
export type DueDelivery = Prisma.WebhookDeliveryGetPayload<{ select: typeof dueColumns }>

export interface DeliveryFilter {
  webhookId: string
  status: string | undefined
}

export function listDeliveryRows(tx: Tx, filter: DeliveryFilter, page: { after: string | null; take: number }): Promise<DeliveryRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.webhookDelivery.findMany({ where: { ...whereOf(filter), ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countDeliveryRows(tx: Tx, filter: DeliveryFilter, maximum: number): Promise<number> {
  return tx.webhookDelivery.count({ where: whereOf(filter), take: maximum })
}

const whereOf = ({ webhookId, status }: DeliveryFilter): Prisma.WebhookDeliveryWhereInput =>
  status === undefined ? { webhookId } : { webhookId, status }

export async function lockDelivery(tx: Tx, id: string): Promise<DeliveryRow | null> {
  await tx.$queryRaw`SELECT id FROM webhook_delivery WHERE id = ${id} FOR UPDATE`
  return tx.webhookDelivery.findFirst({ where: { id, webhook: { deletedAt: null } }, select: columns })
}

export function updateDelivery(
  tx: Tx,
  organizationId: string,
  id: string,
  data: Prisma.WebhookDeliveryUncheckedUpdateInput,
): Promise<DeliveryRow> {
  return tx.webhookDelivery.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

/** An event for one webhook alone, and its delivery. */
export async function insertTestDelivery(tx: Tx, organizationId: string, webhookId: string, now: Date): Promise<DeliveryRow> {
  const eventId = newId('event')
  const resource = { resourceKind: 'webhook', resourceId: webhookId }
  const event = { organizationId, id: eventId, kind: 'webhook.test', ...resource, createdAt: now, handedOutAt: now }
  await tx.outboxEvent.create({ data: event, select: { id: true } })
  const data = { organizationId, id: newId('delivery'), webhookId, eventId, startedAt: now, nextAttemptAt: now, createdAt: now }
  return tx.webhookDelivery.create({ data, select: columns })
}

/** What a webhook will never get any more. */
export async function giveUpPending(tx: Tx, webhookId: string, failure: string): Promise<void> {
  await tx.webhookDelivery.updateMany({ where: { webhookId, status: 'pending' }, data: { status: 'failed', failure } })
}

/** The tenants that have something to hand out or to send, in an order of its own each time. */
export async function listBusyOrganizations({ systemPool }: Pick<Database, 'systemPool'>, now: Date): Promise<string[]> {
  const found = await systemPool.query<{ id: string }>(
    `SELECT id FROM (
       SELECT organization_id AS id FROM outbox_event WHERE handed_out_at IS NULL
       UNION SELECT organization_id FROM webhook_delivery WHERE status = 'pending' AND next_attempt_at <= $1
     ) AS busy ORDER BY random()`,
    [now],
  )
  return found.rows.map((row) => row.id)
}

/** Oldest first, locked; those that another sender holds are left to it. */
export async function takeWaitingEvents(tx: Tx, limit: number): Promise<{ id: string; kind: string }[]> {
  return tx.$queryRaw<{ id: string; kind: string }[]>`
    SELECT id, kind FROM outbox_event WHERE handed_out_at IS NULL ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED`
}

export function listListeners(tx: Tx): Promise<{ id: string; kinds: string[] }[]> {
  return tx.webhook.findMany({ where: { deletedAt: null, enabled: true }, select: { id: true, kinds: true } })
}

export async function insertDeliveries(tx: Tx, data: Prisma.WebhookDeliveryCreateManyInput[]): Promise<void> {
  if (data.length > 0) await tx.webhookDelivery.createMany({ data })
}

export async function markHandedOut(tx: Tx, ids: string[], now: Date): Promise<void> {
  await tx.outboxEvent.updateMany({ where: { id: { in: ids } }, data: { handedOutAt: now } })
}

/** Counted and postponed before anything is sent: a sender that dies leaves them to be sent again when the claim runs out. */
export async function claimDue(tx: Tx, now: Date, until: Date, limit: number): Promise<DueDelivery[]> {
  const claimed = await tx.$queryRaw<{ id: string }[]>`
    UPDATE webhook_delivery SET attempts = attempts + 1, last_attempt_at = ${now}, next_attempt_at = ${until}
    WHERE id IN (
      SELECT id FROM webhook_delivery WHERE status = 'pending' AND next_attempt_at <= ${now}
      ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING id`
  return tx.webhookDelivery.findMany({ where: { id: { in: claimed.map((row) => row.id) } }, select: dueColumns })
}

/** Not if somebody gave it up meanwhile, or asked for it anew. */
export async function markAttempt(tx: Tx, due: DueDelivery, data: Prisma.WebhookDeliveryUncheckedUpdateManyInput): Promise<void> {
  await tx.webhookDelivery.updateMany({ where: { id: due.id, status: 'pending', attempts: due.attempts }, data })
}
