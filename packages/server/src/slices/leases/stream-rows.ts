import type { Revocation } from '@keylease/shared/contracts/lease-events'
import type pg from 'pg'
import { inTenantSql } from '../../platform/tenancy'

export interface LiveLeaseRow {
  id: string
  issuedAt: Date
  expiresAt: Date
}

/** What the columns allow is what the contract does. */
export type RevocationRow = Omit<Revocation, 'notBefore'> & { notBefore: Date }

const insertClient = 'INSERT INTO event_client (organization_id, id, agent_id) VALUES ($1, $2, $3)'

const liveLeases = `
  SELECT l.id, l.issued_at AS "issuedAt", l.expires_at AS "expiresAt" FROM lease l
  WHERE l.organization_id = $1 AND l.agent_id = $2 AND l.ended_at IS NULL AND l.expires_at > $3 AND NOT keylease_is_revoked(l)
  ORDER BY l.expires_at LIMIT 1000`

/** Those of leases that would still be alive without them. */
const recentRevocations = `
  SELECT DISTINCT r.id AS "revocationId", r.scope, r.scope_id AS "scopeId", r.not_before AS "notBefore", r.in_flight AS "inFlight"
  FROM lease l JOIN revocation r ON r.organization_id = l.organization_id AND r.not_before >= l.issued_at AND r.not_before < l.expires_at
    AND r.scope_id IN (l.organization_id, l.project_id, l.agent_id, l.key_id, l.key_version_id, l.grant_id, l.holder_id, l.id)
  WHERE l.organization_id = $1 AND l.agent_id = $2 AND l.expires_at > $3 AND r.keep_until > $3 AND r.revoked > 0
    AND l.id > $4 ORDER BY r.not_before DESC LIMIT 1000`

/** In one transaction: from here on a revocation counts this client, and what was revoked before is told in its first event. */
export function connectClient(
  pool: pg.Pool,
  client: { organizationId: string; id: string; agentId: string },
  now: Date,
  oldestId: string,
): Promise<{ leases: LiveLeaseRow[]; revocations: RevocationRow[] }> {
  const { organizationId, id, agentId } = client
  return inTenantSql(pool, organizationId, async (connection) => {
    await connection.query(insertClient, [organizationId, id, agentId])
    const leases = await connection.query<LiveLeaseRow>(liveLeases, [organizationId, agentId, now])
    const revocations = await connection.query<RevocationRow>(recentRevocations, [organizationId, agentId, now, oldestId])
    return { leases: leases.rows, revocations: revocations.rows }
  })
}

export async function disconnectClients(pool: pg.Pool, organizationId: string, ids: readonly string[]): Promise<void> {
  await inTenantSql(pool, organizationId, (client) =>
    client.query('DELETE FROM event_client WHERE organization_id = $1 AND id = ANY($2::text[])', [organizationId, ids]),
  )
}

/** They are still there: a process that died stops saying so. */
export async function touchClients(pool: pg.Pool, organizationId: string, ids: readonly string[]): Promise<void> {
  await inTenantSql(pool, organizationId, (client) =>
    client.query('UPDATE event_client SET seen_at = clock_timestamp() WHERE organization_id = $1 AND id = ANY($2::text[])', [
      organizationId,
      ids,
    ]),
  )
}

export async function acknowledgeRevocations(
  pool: pg.Pool,
  by: { organizationId: string; agentId: string; clientId: string },
  revocationIds: readonly string[],
): Promise<number> {
  const { organizationId, agentId, clientId } = by
  const found = await inTenantSql(pool, organizationId, (client) =>
    client.query(
      `UPDATE revocation_ack SET acknowledged_at = clock_timestamp()
       WHERE organization_id = $1 AND client_id = $2 AND agent_id = $3 AND revocation_id = ANY($4::text[]) AND acknowledged_at IS NULL`,
      [organizationId, clientId, agentId, revocationIds],
    ),
  )
  return found.rowCount ?? 0
}
