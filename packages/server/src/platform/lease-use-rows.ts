import type pg from 'pg'
import { inTenantSql } from './tenancy'

export interface LeaseUseRow {
  leaseId: string
  usedAt: Date
}

/** In the order of ids, so that two replicas cannot block each other; a key that someone is changing keeps its last use until its next one. */
const saveUses = `
  WITH used AS (
    SELECT * FROM unnest($2::text[], $3::timestamptz[]) AS u (lease_id, used_at)
  ), held AS MATERIALIZED (
    SELECT l.id, l.key_id, l.agent_id, u.used_at FROM lease l JOIN used u ON u.lease_id = l.id
    WHERE l.organization_id = $1 AND (l.last_used_at IS NULL OR l.last_used_at < u.used_at) ORDER BY l.id FOR NO KEY UPDATE OF l
  ), leases AS (
    UPDATE lease l SET last_used_at = h.used_at FROM held h WHERE l.organization_id = $1 AND l.id = h.id
  ), last_use AS (
    SELECT DISTINCT ON (key_id) key_id, agent_id, used_at FROM held ORDER BY key_id, used_at DESC
  ), held_keys AS MATERIALIZED (
    SELECT id FROM provider_key WHERE organization_id = $1 AND id IN (SELECT key_id FROM last_use) FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE provider_key k SET last_used_at = l.used_at, last_used_agent_id = l.agent_id FROM last_use l JOIN held_keys h ON h.id = l.key_id
  WHERE k.organization_id = $1 AND k.id = l.key_id AND (k.last_used_at IS NULL OR k.last_used_at < l.used_at)`

export async function saveLeaseUse(pool: pg.Pool, organizationId: string, uses: readonly LeaseUseRow[]): Promise<void> {
  await inTenantSql(pool, organizationId, (client) =>
    client.query(saveUses, [organizationId, uses.map((use) => use.leaseId), uses.map((use) => use.usedAt)]),
  )
}
