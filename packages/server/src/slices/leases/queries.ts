import { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

/** The number under which the facts that are read next count, and the longest lease of the organization. Read first, so that it is never newer than they are. */
export async function readPolicyState(tx: Tx, organizationId: string): Promise<{ version: string; maxLeaseSeconds: number }> {
  const found = await tx.$queryRaw<{ version: bigint; maxLeaseSeconds: number }[]>`
    SELECT coalesce(p.version, 0) AS version, o.max_lease_seconds AS "maxLeaseSeconds"
    FROM organization o LEFT JOIN policy_version p ON p.organization_id = o.id WHERE o.id = ${organizationId}`
  const { version, maxLeaseSeconds } = found[0] ?? { version: 0n, maxLeaseSeconds: 0 }
  return { version: String(version), maxLeaseSeconds }
}

export interface LeaseRow {
  id: string
  organizationId: string
  provider: string
  delivery: string
  status: string
  projectId: string
  agentId: string
  agentName: string
  environment: string
  keyId: string
  keyVersionId: string
  grantId: string
  holderKind: string
  holderId: string
  scope: unknown
  issuedAt: Date
  expiresAt: Date
  renewedAt: Date | null
  lastUsedAt: Date | null
  endedAt: Date | null
  lastSequence: number | null
  openedThrough: number | null
  openCalls: number
  revocationId: string | null
  revokedAt: Date | null
  inFlight: string | null
  acknowledged: number
  clients: number
}

export interface LeaseFilter {
  agentId?: string | undefined
  keyId?: string | undefined
  projectId?: string | undefined
  status?: string | undefined
  id?: string | undefined
  /** The teams beyond which nothing is seen; null is all. */
  reach: readonly string[] | null
}

/** How rows are read: at what time, and whether some of them do not say yet that they are revoked. */
export interface Seen {
  now: Date
  unsettled: boolean
}

export async function hasUnsettled(tx: Tx, organizationId: string): Promise<boolean> {
  const found = await tx.$queryRaw<unknown[]>`
    SELECT FROM revocation WHERE organization_id = ${organizationId} AND settled_at IS NULL LIMIT 1`
  return found.length > 0
}

/** Newest first. Which revocation ended a lease: the first of those that met it. */
export function listLeaseRows(
  tx: Tx,
  organizationId: string,
  filter: LeaseFilter,
  page: Seen & { after: string | null; take: number },
): Promise<LeaseRow[]> {
  const older = page.after === null ? Prisma.empty : Prisma.sql`AND l.id < ${page.after}`
  return tx.$queryRaw<LeaseRow[]>`
    SELECT l.id, l.organization_id AS "organizationId", l.provider, l.delivery, l.status, l.project_id AS "projectId", l.agent_id AS "agentId",
      coalesce(a.name, '') AS "agentName", l.environment, l.key_id AS "keyId", l.key_version_id AS "keyVersionId", l.grant_id AS "grantId",
      l.holder_kind AS "holderKind", l.holder_id AS "holderId", l.scope, l.issued_at AS "issuedAt", l.expires_at AS "expiresAt",
      l.renewed_at AS "renewedAt", l.last_used_at AS "lastUsedAt", l.ended_at AS "endedAt", l.last_sequence::float8 AS "lastSequence",
      l.opened_through::float8 AS "openedThrough", jsonb_array_length(l.open_intents) AS "openCalls",
      r.id AS "revocationId", r.not_before AS "revokedAt", r.in_flight AS "inFlight",
      coalesce(k.acknowledged, 0) AS acknowledged, coalesce(k.clients, 0) AS clients
    FROM (
      SELECT l.*, keylease_lease_status(l, ${page.now}) AS status FROM lease l
      WHERE ${whereOf(organizationId, filter, page)} ${older} ORDER BY l.id DESC LIMIT ${page.take}
    ) AS l
    LEFT JOIN agent a ON a.organization_id = l.organization_id AND a.id = l.agent_id
    LEFT JOIN LATERAL (
      SELECT r.* FROM revocation r
      WHERE l.status = 'revoked' AND r.organization_id = l.organization_id AND r.not_before >= l.issued_at AND r.not_before < l.expires_at
        AND r.scope_id IN (l.organization_id, l.project_id, l.agent_id, l.key_id, l.key_version_id, l.grant_id, l.holder_id, l.id)
      ORDER BY r.not_before LIMIT 1
    ) AS r ON true
    LEFT JOIN LATERAL (
      SELECT count(*)::integer AS clients, count(acknowledged_at)::integer AS acknowledged FROM revocation_ack k
      WHERE k.organization_id = r.organization_id AND k.revocation_id = r.id AND k.agent_id = l.agent_id
    ) AS k ON r.id IS NOT NULL
    ORDER BY l.id DESC`
}

export async function countLeaseRows(
  tx: Tx,
  organizationId: string,
  filter: LeaseFilter,
  { maximum, ...seen }: Seen & { maximum: number },
): Promise<number> {
  const found = await tx.$queryRaw<{ total: number }[]>`
    SELECT count(*)::integer AS total FROM (
      SELECT FROM lease l WHERE ${whereOf(organizationId, filter, seen)} LIMIT ${maximum}) AS counted`
  return found[0]?.total ?? 0
}

function whereOf(organizationId: string, { agentId, keyId, projectId, status, id, reach }: LeaseFilter, seen: Seen): Prisma.Sql {
  const equal = { 'l.id': id, 'l.agent_id': agentId, 'l.key_id': keyId, 'l.project_id': projectId }
  const named = Object.entries(equal).flatMap(([column, value]) =>
    value === undefined ? [] : [Prisma.sql`${Prisma.raw(column)} = ${value}`],
  )
  const seenTeams = reach === null ? [] : [Prisma.sql`l.team_id = ANY(${[...reach]}::text[])`]
  const inState = status === undefined ? [] : [whereStatus(status, seen)]
  return Prisma.join([Prisma.sql`l.organization_id = ${organizationId}`, ...named, ...seenTeams, ...inState], ' AND ')
}

/** The same as keylease_is_revoked, in words that a plan can look into: many rows may have to be asked. */
const isRevoked = Prisma.sql`EXISTS (
  SELECT FROM revocation r WHERE r.organization_id = l.organization_id AND r.settled_at IS NULL AND r.not_before >= l.issued_at
    AND r.not_before < l.expires_at
    AND r.scope_id IN (l.organization_id, l.project_id, l.agent_id, l.key_id, l.key_version_id, l.grant_id, l.holder_id, l.id))`

/** Rows that do not say yet that they are revoked are asked one by one, for the short time that there are any. */
function whereStatus(status: string, { now, unsettled }: Seen): Prisma.Sql {
  const revoked = unsettled ? isRevoked : Prisma.sql`false`
  if (status === 'active') return Prisma.sql`l.ended_at IS NULL AND l.end_reason IS NULL AND l.expires_at > ${now} AND NOT ${revoked}`
  if (status === 'released') return Prisma.sql`l.end_reason = 'released'`
  if (status === 'revoked' && !unsettled) return Prisma.sql`l.end_reason = 'revoked'`
  if (status === 'revoked') return Prisma.sql`(l.end_reason = 'revoked' OR l.ended_at IS NULL AND ${revoked})`
  return Prisma.sql`(l.end_reason = 'expired' OR l.end_reason IS NULL AND l.expires_at <= ${now} AND NOT ${revoked})`
}
