import type pg from 'pg'
import { inTenantSql } from '../tenancy'

export interface TrustRuleUse {
  ruleId: string
  agentId: string
  usedAt: Date
  address: string
  subject: string
}

/** A rule or agent that someone is changing keeps its last use until its next one, so that two replicas cannot block each other. */
const saveUses = `
  WITH used AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[]) AS u (rule_id, agent_id, used_at, address, subject)
  ), held AS MATERIALIZED (
    SELECT id FROM trust_rule WHERE organization_id = $1 AND id IN (SELECT rule_id FROM used) FOR NO KEY UPDATE SKIP LOCKED
  ), held_agents AS MATERIALIZED (
    SELECT id FROM agent WHERE organization_id = $1 AND id IN (SELECT agent_id FROM used) FOR NO KEY UPDATE SKIP LOCKED
  ), agents AS (
    UPDATE agent SET last_used_at = u.used_at, last_used_address = u.address
    FROM (SELECT DISTINCT ON (agent_id) * FROM used ORDER BY agent_id, used_at DESC) AS u JOIN held_agents h ON h.id = u.agent_id
    WHERE agent.organization_id = $1 AND agent.id = h.id AND (last_used_at IS NULL OR last_used_at < u.used_at)
  )
  UPDATE trust_rule SET last_used_at = u.used_at, last_used_address = u.address, last_used_subject = u.subject
  FROM used u JOIN held h ON h.id = u.rule_id
  WHERE trust_rule.organization_id = $1 AND trust_rule.id = h.id AND (last_used_at IS NULL OR last_used_at < u.used_at)`

export async function saveTrustRuleUses(pool: pg.Pool, organizationId: string, uses: readonly TrustRuleUse[]): Promise<void> {
  const column = <K extends keyof TrustRuleUse>(name: K) => uses.map((use) => use[name])
  await inTenantSql(pool, organizationId, (client) =>
    client.query(saveUses, [organizationId, column('ruleId'), column('agentId'), column('usedAt'), column('address'), column('subject')]),
  )
}
