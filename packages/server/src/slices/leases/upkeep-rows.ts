import type pg from 'pg'

/** Few enough that requests hardly notice them. */
const batch = 200
/** More, for each batch of a revocation reads past those that were settled before. */
const revokedBatch = 5_000

/** Those that have leases, or what is left of them. */
export async function listOrganizationIds(pool: pg.Pool): Promise<string[]> {
  return (await pool.query<{ id: string }>('SELECT id FROM organization ORDER BY id')).rows.map((row) => row.id)
}

const columns: Record<string, string> = {
  organization: 'organization_id',
  project: 'project_id',
  agent: 'agent_id',
  key: 'key_id',
  'key-version': 'key_version_id',
  grant: 'grant_id',
  lease: 'id',
}

/** One batch of the oldest revocation that more leases were under than its transaction could wait for; false when there is none. */
export async function settleRevoked(client: pg.ClientBase, organizationId: string, now: Date): Promise<boolean> {
  const found = await client.query<{ id: string; scope: string; scopeId: string; notBefore: Date }>(
    `SELECT id, scope, scope_id AS "scopeId", not_before AS "notBefore" FROM revocation
     WHERE organization_id = $1 AND settled_at IS NULL ORDER BY id LIMIT 1`,
    [organizationId],
  )
  const revocation = found.rows[0]
  if (!revocation) return false
  const { id, scope, scopeId, notBefore } = revocation
  const settled = await client.query(
    `UPDATE lease SET ended_at = $3, end_reason = 'revoked' WHERE organization_id = $1 AND id IN (
       SELECT id FROM lease WHERE organization_id = $1 AND ${columns[scope] ?? 'holder_id'} = $2 AND ended_at IS NULL
         AND issued_at <= $3 AND expires_at > $3 LIMIT ${revokedBatch} FOR UPDATE)`,
    [organizationId, scopeId, notBefore],
  )
  if (settled.rowCount === 0)
    await client.query('UPDATE revocation SET settled_at = $3 WHERE organization_id = $1 AND id = $2', [organizationId, id, now])
  return true
}

export async function settleExpired(client: pg.ClientBase, organizationId: string, now: Date): Promise<boolean> {
  const settled = await client.query(
    `UPDATE lease SET ended_at = expires_at, end_reason = 'expired' WHERE organization_id = $1 AND id IN (
       SELECT id FROM lease WHERE organization_id = $1 AND end_reason IS NULL AND expires_at <= $2
       ORDER BY expires_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)`,
    [organizationId, now],
  )
  return settled.rowCount === batch
}

/** What ended so long ago that nothing can be reported under it, and what ended it; clients that a dead process left behind. */
export async function forgetEnded(client: pg.ClientBase, organizationId: string, before: Date): Promise<boolean> {
  const forgotten = await client.query(
    `DELETE FROM lease WHERE organization_id = $1 AND id IN (
       SELECT id FROM lease l WHERE organization_id = $1 AND ended_at < $2 AND NOT EXISTS (
         SELECT FROM slice s WHERE s.organization_id = l.organization_id AND s.lease_id = l.id) ORDER BY ended_at LIMIT ${batch})`,
    [organizationId, before],
  )
  await client.query(
    'DELETE FROM revocation WHERE organization_id = $1 AND (keep_until < $2 OR revoked = 0 AND keep_until < clock_timestamp())',
    [organizationId, before],
  )
  await client.query(`DELETE FROM event_client WHERE organization_id = $1 AND seen_at < clock_timestamp() - interval '5 minutes'`, [
    organizationId,
  ])
  return forgotten.rowCount === batch
}
