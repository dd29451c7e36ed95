import type { Database } from '../db'
import { inTenantSql } from '../tenancy'
import type { MatchableRule } from './matching'

/** What a token meets of a trust rule. */
export interface StoredTrustRule extends MatchableRule {
  organizationId: string
  id: string
  agentId: string
  name: string
  isAgentLive: boolean
}

type RuleRow = StoredTrustRule | { [Name in keyof StoredTrustRule]: null }

/** The rules of an organization that are enabled; null where there is no such organization. */
export async function findTrustRules({ appPool }: Pick<Database, 'appPool'>, organizationId: string): Promise<StoredTrustRule[] | null> {
  const found = await inTenantSql(appPool, organizationId, (client) =>
    client.query<RuleRow>(
      `SELECT r.organization_id AS "organizationId", r.id, r.agent_id AS "agentId", r.name, r.issuer,
         r.subject_pattern AS "subjectPattern", r.claims, r.enabled,
         a.enabled AND a.deleted_at IS NULL AND p.deleted_at IS NULL AS "isAgentLive"
       FROM organization o
       LEFT JOIN trust_rule r ON r.organization_id = o.id AND r.deleted_at IS NULL AND r.enabled
       LEFT JOIN agent a ON a.organization_id = r.organization_id AND a.id = r.agent_id
       LEFT JOIN project p ON p.organization_id = a.organization_id AND p.id = a.project_id
       WHERE o.id = $1`,
      [organizationId],
    ),
  )
  return found.rows.length === 0 ? null : found.rows.filter((row) => row.id !== null)
}
