import type pg from 'pg'
import { type ProviderState, trafficWindowMs } from '../../platform/provider-traffic-state'
import { inTenantSql, type Tx } from '../../platform/tenancy'

export interface StatusRow {
  provider: string
  status: ProviderState
  since: Date
  seenAt: Date
  answered: number
  failed: number
  unreachable: number
  latencyMs: number
}

/** What is known of the providers of the tenant, with their calls of the window. */
export function listStatusRows(tx: Tx, now: Date): Promise<StatusRow[]> {
  const from = new Date(now.getTime() - trafficWindowMs)
  return tx.$queryRaw<StatusRow[]>`
    SELECT s.provider, s.status, s.since, s.seen_at AS "seenAt", coalesce(sum(t.answered), 0)::int AS answered,
      coalesce(sum(t.failed), 0)::int AS failed, coalesce(sum(t.unreachable), 0)::int AS unreachable,
      coalesce(sum(t.latency_ms), 0)::float8 AS "latencyMs"
    FROM provider_status s
    LEFT JOIN provider_traffic t ON t.organization_id = s.organization_id AND t.provider = s.provider AND t.minute > ${from}
    GROUP BY s.organization_id, s.provider`
}

/** What each request costs, by provider, as the organization says. */
export async function listFeeRows(pool: pg.Pool, organizationId: string): Promise<{ id: string; feeNanos: string }[]> {
  const found = await inTenantSql(pool, organizationId, (client) =>
    client.query<{ id: string; feeNanos: string }>(
      `SELECT id, definition->>'feeNanos' AS "feeNanos" FROM provider WHERE definition->>'feeNanos' IS NOT NULL`,
    ),
  )
  return found.rows
}
