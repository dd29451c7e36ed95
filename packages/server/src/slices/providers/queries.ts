import { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  name: true,
  category: true,
  baseUrl: true,
  auth: true,
  keyPrefix: true,
  probe: true,
  docsUrl: true,
  definition: true,
  createdAt: true,
} satisfies Prisma.ProviderSelect
export type ProviderRow = Prisma.ProviderGetPayload<{ select: typeof columns }>

/** What the contract parsed, in the shape of the columns. */
export interface ProviderValues {
  name?: string
  category?: string
  baseUrl?: string
  auth?: object
  keyPrefix?: string | null
  probe?: object | null
  docsUrl?: string | null
  /** What has no column of its own. */
  definition?: object
}

/** False when the id is taken. */
export async function insertProvider(
  tx: Tx,
  owner: { organizationId: string; id: string; createdBy: string; now: Date },
  values: Required<ProviderValues>,
): Promise<boolean> {
  const { organizationId, id, createdBy, now } = owner
  const data = { organizationId, id, createdBy, createdAt: now, updatedAt: now, ...toColumns(values) }
  const { count } = await tx.provider.createMany({ data: [data as Prisma.ProviderCreateManyInput], skipDuplicates: true }) // all are there
  return count === 1
}

export function findProviderRow(tx: Tx, id: string): Promise<ProviderRow | null> {
  return tx.provider.findFirst({ where: { id }, select: columns })
}

/** The row stays as it is until the transaction ends. */
export async function lockProvider(tx: Tx, id: string, strength: 'UPDATE' | 'SHARE'): Promise<ProviderRow | null> {
  const locked =
    strength === 'UPDATE'
      ? await tx.$queryRaw<unknown[]>`SELECT id FROM provider WHERE id = ${id} FOR UPDATE`
      : await tx.$queryRaw<unknown[]>`SELECT id FROM provider WHERE id = ${id} FOR SHARE`
  return locked.length === 1 ? findProviderRow(tx, id) : null
}

export function updateProviderRow(tx: Tx, organizationId: string, id: string, values: ProviderValues, now: Date): Promise<ProviderRow> {
  const data = { ...toColumns(values), updatedAt: now }
  return tx.provider.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export async function deleteProviderRow(tx: Tx, organizationId: string, id: string): Promise<void> {
  await tx.provider.delete({ where: { organizationId_id: { organizationId, id } } })
}

export function listProviderRows(tx: Tx): Promise<ProviderRow[]> {
  return tx.provider.findMany({ orderBy: { id: 'asc' }, select: columns })
}

/** Keys that are stored, or deleted and not yet destroyed. */
export function countKeysOfProvider(tx: Tx, id: string): Promise<number> {
  return tx.providerKey.count({ where: { provider: id, versions: { some: { state: { not: 'destroyed' } } } } })
}

function toColumns({ auth, probe, definition, ...plain }: ProviderValues) {
  return {
    ...plain,
    ...(auth === undefined ? {} : { auth }),
    ...(definition === undefined ? {} : { definition }),
    ...(probe === undefined ? {} : { probe: probe ?? Prisma.DbNull }),
  }
}
