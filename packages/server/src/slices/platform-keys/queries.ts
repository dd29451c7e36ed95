import type { Prisma } from '../../generated/prisma/client'
import { containing, escapePattern } from '../../platform/search'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  name: true,
  prefix: true,
  scopes: true,
  agentId: true,
  addresses: true,
  requestsPerMinute: true,
  ceilingRole: true,
  isTeamBound: true,
  teamIds: true,
  createdBy: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
  lastUsedAt: true,
  lastUsedAddress: true,
} satisfies Prisma.PlatformKeySelect
export type PlatformKeyRow = Prisma.PlatformKeyGetPayload<{ select: typeof columns }>

/** The teams in reach; null is all of the organization. */
type Reach = readonly string[] | null

interface Filter {
  search: string | undefined
  scope: string | undefined
  agentId: string | undefined
  status: 'active' | 'expired' | 'revoked' | undefined
  now: Date
  reach: Reach
}

interface StoredToken {
  prefix: string
  tokenHash: Uint8Array<ArrayBuffer>
  pepperVersion: number
}

export function insertPlatformKey(tx: Tx, data: Prisma.PlatformKeyUncheckedCreateInput): Promise<PlatformKeyRow> {
  return tx.platformKey.create({ data, select: columns })
}

export function findPlatformKey(tx: Tx, id: string, reach: Reach): Promise<PlatformKeyRow | null> {
  return tx.platformKey.findFirst({ where: { id, ...within(reach) }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. Counting its use waits for nobody else. */
export async function lockPlatformKey(tx: Tx, id: string, reach: Reach): Promise<PlatformKeyRow | null> {
  await tx.$queryRaw`SELECT id FROM platform_key WHERE id = ${id} FOR NO KEY UPDATE`
  return findPlatformKey(tx, id, reach)
}

export function updatePlatformKeyRow(
  tx: Tx,
  organizationId: string,
  id: string,
  data: Prisma.PlatformKeyUpdateInput,
): Promise<PlatformKeyRow> {
  return tx.platformKey.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

interface Replacement {
  organizationId: string
  keyId: string
  token: StoredToken
  /** Until when the token before stays good. */
  goodUntil: Date
  endsEarlier: boolean
}

/** The token takes the place of the one before. */
export async function replaceToken(tx: Tx, { organizationId, keyId, token, goodUntil, endsEarlier }: Replacement): Promise<PlatformKeyRow> {
  if (endsEarlier) await tx.platformKeyOverlap.updateMany({ where: { keyId, goodUntil: { gt: goodUntil } }, data: { goodUntil } })
  await tx.$executeRaw`
    INSERT INTO platform_key_overlap (organization_id, key_id, token_hash, pepper_version, good_until)
    SELECT organization_id, id, token_hash, pepper_version, ${goodUntil} FROM platform_key WHERE id = ${keyId}`
  return updatePlatformKeyRow(tx, organizationId, keyId, token)
}

export function listPlatformKeyRows(tx: Tx, filter: Filter, page: { after: string | null; take: number }): Promise<PlatformKeyRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.platformKey.findMany({ where: { ...whereOf(filter), ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countPlatformKeyRows(tx: Tx, filter: Filter, maximum: number): Promise<number> {
  return tx.platformKey.count({ where: whereOf(filter), take: maximum })
}

function whereOf({ search, scope, agentId, status, now, reach }: Filter): Prisma.PlatformKeyWhereInput {
  return {
    AND: [
      within(reach),
      scope === undefined ? {} : { scopes: { has: scope } },
      agentId === undefined ? {} : { agentId },
      status === undefined ? {} : whereStatus(status, now),
      search === undefined ? {} : { OR: [{ name: containing(search) }, { prefix: { startsWith: escapePattern(search) } }] },
    ],
  }
}

function whereStatus(status: 'active' | 'expired' | 'revoked', now: Date): Prisma.PlatformKeyWhereInput {
  if (status === 'revoked') return { revokedAt: { not: null } }
  if (status === 'expired') return { revokedAt: null, expiresAt: { lte: now } }
  return { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }
}

/** Of teams: the keys of their agents, and the keys that are bound to one of them. */
function within(reach: Reach): Prisma.PlatformKeyWhereInput {
  if (reach === null) return {}
  const teams = [...reach]
  return { OR: [{ agent: { project: { teamId: { in: teams } } } }, { agentId: null, isTeamBound: true, teamIds: { hasSome: teams } }] }
}

export interface UsageRow {
  day: string
  requests: number
  errors: number
  refusals: number
}

export function listUsageDays(tx: Tx, keyId: string, since: string): Promise<UsageRow[]> {
  return tx.$queryRaw<UsageRow[]>`
    SELECT day::text, requests::float8, errors::float8, refusals::float8 FROM platform_key_usage
    WHERE key_id = ${keyId} AND day >= ${since}::date`
}

export async function sumUsage(tx: Tx, keyId: string): Promise<Omit<UsageRow, 'day'>> {
  const rows = await tx.$queryRaw<Omit<UsageRow, 'day'>[]>`
    SELECT coalesce(sum(requests), 0)::float8 AS requests, coalesce(sum(errors), 0)::float8 AS errors,
      coalesce(sum(refusals), 0)::float8 AS refusals
    FROM platform_key_usage WHERE key_id = ${keyId}`
  return rows[0] ?? { requests: 0, errors: 0, refusals: 0 }
}
