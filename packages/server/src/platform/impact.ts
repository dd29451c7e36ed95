import type { Tx } from './tenancy'

const dayMs = 86_400_000
const quarterMs = 900_000

/** What stands on a key or an agent: the leases that it would end, and what the calls with it cost in the last 24 hours. */
export interface Impact {
  liveLeases: number
  spendNanos24h: string
}

/** In SQL of its own: the slice of leases rests on those of keys and agents, which ask this before a deletion. */
export async function readImpact(
  tx: Tx,
  organizationId: string,
  of: { dimension: 'key' | 'agent'; id: string },
  now: Date,
): Promise<Impact> {
  const [keyId, agentId] = of.dimension === 'key' ? [of.id, null] : [null, of.id]
  const since = new Date(Math.floor((now.getTime() - dayMs) / quarterMs) * quarterMs)
  const found = await tx.$queryRaw<{ liveLeases: number; spend: string }[]>`
    WITH unsettled AS MATERIALIZED (
      SELECT scope_id, not_before FROM revocation WHERE organization_id = ${organizationId} AND settled_at IS NULL
    )
    SELECT
      (SELECT count(*)::integer FROM lease l
       WHERE l.organization_id = ${organizationId} AND (l.key_id = ${keyId} OR l.agent_id = ${agentId}) AND l.ended_at IS NULL
         AND l.expires_at > ${now} AND NOT EXISTS (
           SELECT FROM unsettled r WHERE r.not_before >= l.issued_at AND r.not_before < l.expires_at AND r.scope_id IN
             (l.organization_id, l.project_id, l.agent_id, l.key_id, l.key_version_id, l.grant_id, l.holder_id, l.id))) AS "liveLeases",
      (SELECT coalesce(sum(cost_nanos), 0)::text FROM usage_quarter
       WHERE organization_id = ${organizationId} AND dimension = ${of.dimension} AND value = ${of.id} AND starts_at >= ${since}) AS spend`
  return { liveLeases: found[0]?.liveLeases ?? 0, spendNanos24h: found[0]?.spend ?? '0' }
}
