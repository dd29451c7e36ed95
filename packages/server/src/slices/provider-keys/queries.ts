import type { Prisma } from '../../generated/prisma/client'
import { containing } from '../../platform/search'
import type { Tx } from '../../platform/tenancy'

const versionColumns = {
  id: true,
  number: true,
  state: true,
  preview: true,
  createdAt: true,
  activatedAt: true,
  drainUntil: true,
  retiredAt: true,
} satisfies Prisma.KeyVersionSelect
export type VersionRow = Prisma.KeyVersionGetPayload<{ select: typeof versionColumns }>

const columns = {
  id: true,
  name: true,
  provider: true,
  category: true,
  tags: true,
  environment: true,
  delivery: true,
  status: true,
  health: true,
  checkedAt: true,
  ownerMemberId: true,
  ownerTeamId: true,
  purpose: true,
  upstreamOrganization: true,
  region: true,
  deployment: true,
  baseUrl: true,
  apiVersion: true,
  maxLeaseSeconds: true,
  expiresAt: true,
  rotatedAt: true,
  lastUsedAt: true,
  lastUsedAgentId: true,
  createdAt: true,
  updatedAt: true,
  revokedAt: true,
  deletedAt: true,
  // The newest value that was ever in use: the one that a preview speaks of.
  versions: {
    where: { activatedAt: { not: null } },
    orderBy: { number: 'desc' },
    take: 1,
    select: { id: true, number: true, preview: true, state: true },
  },
} satisfies Prisma.ProviderKeySelect
export type KeyRow = Prisma.ProviderKeyGetPayload<{ select: typeof columns }>

export interface Filter {
  search?: string
  provider?: string
  status?: string
  category?: string
  tag?: string
  environment?: string
  health?: string
  deleted: boolean
  /** The keys in sight; null is every key. */
  visible: readonly string[] | null
}
export interface Sorting {
  field: 'createdAt' | 'name' | 'lastUsedAt' | 'expiresAt'
  order: 'asc' | 'desc'
}

export async function insertKey(tx: Tx, data: Prisma.ProviderKeyUncheckedCreateInput): Promise<void> {
  await tx.providerKey.create({ data, select: { id: true } })
}

export function findKey(tx: Tx, id: string): Promise<KeyRow | null> {
  return tx.providerKey.findFirst({ where: { id }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockKey(tx: Tx, id: string): Promise<KeyRow | null> {
  const locked = await tx.$queryRaw<unknown[]>`SELECT id FROM provider_key WHERE id = ${id} FOR UPDATE`
  return locked.length === 1 ? findKey(tx, id) : null
}

export function updateKeyRow(tx: Tx, organizationId: string, id: string, data: Prisma.ProviderKeyUncheckedUpdateInput): Promise<KeyRow> {
  return tx.providerKey.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export function listVersionRows(tx: Tx, keyId: string, take: number): Promise<VersionRow[]> {
  return tx.keyVersion.findMany({ where: { keyId }, orderBy: { number: 'desc' }, take, select: versionColumns })
}

export function findVersionRow(tx: Tx, id: string): Promise<VersionRow | null> {
  return tx.keyVersion.findFirst({ where: { id }, select: versionColumns })
}

/** A page begins after the row that the cursor names, by that row's own value: rows without one come last. Null: no such row. */
export async function listKeyRows(
  tx: Tx,
  filter: Filter,
  { field, order }: Sorting,
  page: { after: string | null; take: number },
): Promise<KeyRow[] | null> {
  const last = page.after === null ? null : await findKey(tx, page.after)
  if (page.after !== null && !last) return null
  const isNullable = field === 'lastUsedAt' || field === 'expiresAt'
  const orderBy = [{ [field]: isNullable ? { sort: order, nulls: 'last' as const } : order }, { id: 'desc' as const }]
  const where = { AND: [whereOf(filter), last ? whereAfter(last, field, order) : {}] }
  return tx.providerKey.findMany({ where, orderBy, take: page.take, select: columns })
}

export function countKeyRows(tx: Tx, filter: Filter, maximum: number): Promise<number> {
  return tx.providerKey.count({ where: whereOf(filter), take: maximum })
}

function whereAfter(last: KeyRow, field: Sorting['field'], order: Sorting['order']): Prisma.ProviderKeyWhereInput {
  const value = last[field]
  const later = { id: { lt: last.id } }
  if (value === null) return { [field]: null, ...later }
  const beyond = [{ [field]: order === 'asc' ? { gt: value } : { lt: value } }, { [field]: value, ...later }]
  return { OR: field === 'lastUsedAt' || field === 'expiresAt' ? [...beyond, { [field]: null }] : beyond }
}

function whereOf({ search, tag, deleted, visible, ...equal }: Filter): Prisma.ProviderKeyWhereInput {
  const text = search === undefined ? null : containing(search)
  return {
    ...equal,
    deletedAt: deleted ? { not: null } : null,
    AND: [
      deleted ? { versions: { some: { state: { not: 'destroyed' } } } } : {},
      tag === undefined ? {} : { tags: { has: tag } },
      visible === null ? {} : { id: { in: [...visible] } },
      text ? { OR: [{ name: text }, { purpose: text }] } : {},
    ],
  }
}

export async function holdMember(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$queryRaw<unknown[]>`SELECT 1 FROM member WHERE id = ${id} AND removed_at IS NULL FOR SHARE`).length === 1
}

/** What covers a key: by its id, provider, category or one of its tags; and the agents that may use it by that. */
export async function countCover(tx: Tx, key: KeyRow): Promise<{ grants: number; agents: number }> {
  const [found] = await tx.$queryRaw<{ grants: bigint; agents: bigint }[]>`
    WITH cover AS (
      SELECT * FROM "grant" WHERE deleted_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        AND (key_id = ${key.id} OR provider = ${key.provider} OR category = ${key.category} OR tag = ANY(${key.tags}::text[]))
    )
    SELECT (SELECT count(*) FROM cover) AS grants,
      (SELECT count(*) FROM agent a JOIN project p ON p.organization_id = a.organization_id AND p.id = a.project_id
        WHERE a.deleted_at IS NULL AND EXISTS (
          SELECT FROM cover WHERE level = 'lease' AND (agent_id = a.id OR project_id = p.id OR team_id = p.team_id))) AS agents`
  return { grants: Number(found?.grants ?? 0), agents: Number(found?.agents ?? 0) }
}
