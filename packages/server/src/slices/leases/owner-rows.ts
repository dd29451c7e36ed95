import type pg from 'pg'

/** Whose calls a lease makes. */
export interface LeaseOwner {
  provider: string
  teamId: string | null
  projectId: string
  agentId: string
  memberId: string | null
  environment: string
  keyId: string
  keyVersionId: string
}

/** By the ids of leases, ended ones too, in the tenant of the transaction; one that is not its own is not there. */
export async function findLeaseOwners(client: pg.ClientBase, leaseIds: readonly string[]): Promise<Map<string, LeaseOwner>> {
  const found = await client.query<LeaseOwner & { id: string }>(
    `SELECT l.id, l.provider, l.team_id AS "teamId", l.project_id AS "projectId", l.agent_id AS "agentId", a.owner_member_id AS "memberId",
       l.environment, l.key_id AS "keyId", l.key_version_id AS "keyVersionId"
     FROM lease l LEFT JOIN agent a ON a.organization_id = l.organization_id AND a.id = l.agent_id
     WHERE l.organization_id = (SELECT keylease_organization()) AND l.id = ANY($1::text[])`,
    [leaseIds],
  )
  return new Map(found.rows.map(({ id, ...owner }) => [id, owner]))
}

/** Draining versions that were leased and whose last lease has ended: nothing new is issued for them. */
export async function listSpentVersions(client: pg.ClientBase, organizationId: string, now: Date): Promise<string[]> {
  const found = await client.query<{ id: string }>(
    `SELECT v.id FROM key_version v
     WHERE v.organization_id = $1 AND v.state = 'draining'
       AND EXISTS (SELECT FROM lease l WHERE l.organization_id = $1 AND l.key_id = v.key_id AND l.key_version_id = v.id)
       AND NOT EXISTS (SELECT FROM lease l WHERE l.organization_id = $1 AND l.key_id = v.key_id AND l.key_version_id = v.id
         AND l.expires_at > $2 AND l.ended_at IS NULL AND NOT keylease_is_revoked(l))`,
    [organizationId, now],
  )
  return found.rows.map((row) => row.id)
}
