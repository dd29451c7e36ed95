import type { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

/** Without the secret, which only a sender selects. */
const columns = {
  id: true,
  url: true,
  description: true,
  kinds: true,
  enabled: true,
  disabledReason: true,
  failingSince: true,
  createdBy: true,
  createdAt: true,
  updatedAt: true,
} satisfies Prisma.WebhookSelect
export type WebhookRow = Prisma.WebhookGetPayload<{ select: typeof columns }>

interface Filter {
  enabled: boolean | undefined
}

export function insertWebhook(tx: Tx, data: Prisma.WebhookUncheckedCreateInput): Promise<WebhookRow> {
  return tx.webhook.create({ data, select: columns })
}

export function findWebhook(tx: Tx, id: string): Promise<WebhookRow | null> {
  return tx.webhook.findFirst({ where: { id, deletedAt: null }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockWebhook(tx: Tx, id: string): Promise<WebhookRow | null> {
  await tx.$queryRaw`SELECT id FROM webhook WHERE id = ${id} FOR UPDATE`
  return findWebhook(tx, id)
}

export function updateWebhookRow(
  tx: Tx,
  organizationId: string,
  id: string,
  data: Prisma.WebhookUncheckedUpdateInput,
): Promise<WebhookRow> {
  return tx.webhook.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export function listWebhookRows(tx: Tx, filter: Filter, page: { after: string | null; take: number }): Promise<WebhookRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.webhook.findMany({ where: { ...whereOf(filter), ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countWebhookRows(tx: Tx, filter: Filter, maximum: number): Promise<number> {
  return tx.webhook.count({ where: whereOf(filter), take: maximum })
}

const whereOf = ({ enabled }: Filter): Prisma.WebhookWhereInput => ({ deletedAt: null, ...(enabled === undefined ? {} : { enabled }) })
