import type pg from 'pg'
import { inTenantSql } from './tenancy'

export interface KeyUsageCount {
  keyId: string
  agentId: string | null
  day: string
  requests: number
  errors: number
  refusals: number
  usedAt: Date | null
  usedAddress: string | null
}

/**
 * One statement for all keys of an organization. Counts are taken in the order of their keys, so that two replicas cannot
 * block each other; a key or agent that someone is changing keeps its last use until its next one.
 */
const addCounts = `
  WITH counted AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::date[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[], $9::text[])
      AS c (key_id, agent_id, day, requests, errors, refusals, used_at, used_address)
  ), last_use AS (
    SELECT DISTINCT ON (key_id) key_id, agent_id, used_at, used_address FROM counted WHERE used_at IS NOT NULL ORDER BY key_id, used_at DESC
  ), added AS (
    INSERT INTO platform_key_usage AS u (organization_id, key_id, day, requests, errors, refusals)
    SELECT $1, key_id, day, requests, errors, refusals FROM counted
    WHERE key_id IN (SELECT id FROM platform_key WHERE organization_id = $1) ORDER BY key_id, day
    ON CONFLICT (organization_id, key_id, day) DO UPDATE
      SET requests = u.requests + excluded.requests, errors = u.errors + excluded.errors, refusals = u.refusals + excluded.refusals
  ), held AS MATERIALIZED (
    SELECT id FROM platform_key WHERE organization_id = $1 AND id IN (SELECT key_id FROM last_use) FOR NO KEY UPDATE SKIP LOCKED
  ), held_agents AS MATERIALIZED (
    SELECT id FROM agent WHERE organization_id = $1 AND id IN (SELECT agent_id FROM last_use) FOR NO KEY UPDATE SKIP LOCKED
  ), agents AS (
    UPDATE agent SET last_used_at = l.used_at, last_used_address = l.used_address
    FROM (SELECT DISTINCT ON (agent_id) * FROM last_use ORDER BY agent_id, used_at DESC) AS l JOIN held_agents h ON h.id = l.agent_id
    WHERE agent.organization_id = $1 AND agent.id = h.id AND (last_used_at IS NULL OR last_used_at < l.used_at)
  )
  UPDATE platform_key SET last_used_at = l.used_at, last_used_address = l.used_address
  FROM last_use l JOIN held h ON h.id = l.key_id
  WHERE platform_key.organization_id = $1 AND platform_key.id = h.id
    AND (platform_key.last_used_at IS NULL OR platform_key.last_used_at < l.used_at)`

export async function addKeyUsage(pool: pg.Pool, organizationId: string, counts: readonly KeyUsageCount[]): Promise<void> {
  const column = <K extends keyof KeyUsageCount>(name: K) => counts.map((count) => count[name])
  await inTenantSql(pool, organizationId, (client) =>
    client.query(addCounts, [
      organizationId,
      column('keyId'),
      column('agentId'),
      column('day'),
      column('requests'),
      column('errors'),
      column('refusals'),
      column('usedAt'),
      column('usedAddress'),
    ]),
  )
}
