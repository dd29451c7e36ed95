import type { Prisma } from '../../../generated/prisma/client'
import type { Tx } from '../../../platform/tenancy'

const columns = {
  id: true,
  periodFrom: true,
  periodTo: true,
  provider: true,
  model: true,
  status: true,
  events: true,
  changed: true,
  beforeNanos: true,
  afterNanos: true,
  unpricedBefore: true,
  unpricedAfter: true,
  models: true,
  createdAt: true,
  appliedAt: true,
} satisfies Prisma.RePricingSelect
export type RePricingRow = Prisma.RePricingGetPayload<{ select: typeof columns }>

export function insertRePricing(tx: Tx, data: Prisma.RePricingUncheckedCreateInput): Promise<RePricingRow> {
  return tx.rePricing.create({ data, select: columns })
}

export function findRePricing(tx: Tx, id: string): Promise<RePricingRow | null> {
  return tx.rePricing.findFirst({ where: { id }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockRePricing(tx: Tx, id: string): Promise<RePricingRow | null> {
  await tx.$queryRaw`SELECT id FROM re_pricing WHERE id = ${id} FOR UPDATE`
  return findRePricing(tx, id)
}

export function startApplying(tx: Tx, organizationId: string, id: string, now: Date): Promise<RePricingRow> {
  const data = { status: 'applying', cursorAt: null, cursorId: null, updatedAt: now }
  return tx.rePricing.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export function listRePricingRows(tx: Tx, page: { after: string | null; take: number }): Promise<RePricingRow[]> {
  const where = page.after === null ? {} : { id: { lt: page.after } }
  return tx.rePricing.findMany({ where, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countRePricingRows(tx: Tx, maximum: number): Promise<number> {
  return tx.rePricing.count({ take: maximum })
}
