import { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  kind: true,
  provider: true,
  model: true,
  terms: true,
  discountBasisPoints: true,
  effectiveFrom: true,
  effectiveTo: true,
} satisfies Prisma.PriceOverrideSelect
export type AgreedPriceRow = Prisma.PriceOverrideGetPayload<{ select: typeof columns }>

type NewAgreedPrice = Omit<Prisma.PriceOverrideUncheckedCreateInput, 'terms'> & { terms: Prisma.InputJsonObject | null }

export function insertAgreedPrice(tx: Tx, { terms, ...data }: NewAgreedPrice): Promise<AgreedPriceRow> {
  return tx.priceOverride.create({ data: { ...data, terms: terms ?? Prisma.DbNull }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockAgreedPrice(tx: Tx, id: string): Promise<AgreedPriceRow | null> {
  await tx.$queryRaw`SELECT id FROM price_override WHERE id = ${id} FOR UPDATE`
  return tx.priceOverride.findFirst({ where: { id, deletedAt: null }, select: columns })
}

export async function markAgreedPriceDeleted(tx: Tx, organizationId: string, id: string, deletedAt: Date): Promise<void> {
  await tx.priceOverride.update({ where: { organizationId_id: { organizationId, id } }, data: { deletedAt }, select: { id: true } })
}

/** What holds at a time, and what is agreed for later. */
export function listAgreedPriceRows(tx: Tx, at: Date): Promise<AgreedPriceRow[]> {
  const isNotOver = { OR: [{ effectiveTo: null }, { effectiveTo: { gt: at } }] }
  return tx.priceOverride.findMany({ where: { deletedAt: null, ...isNotOver }, orderBy: { id: 'desc' }, take: 10_000, select: columns })
}
