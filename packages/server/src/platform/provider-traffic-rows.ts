import type { Database } from './db'
import { recordEvent } from './outbox'
import { judgeTraffic, type ProviderState, trafficWindowMs } from './provider-traffic-state'
import { inTenant, type Tx } from './tenancy'

export interface TrafficCount {
  provider: string
  minute: Date
  answered: number
  failed: number
  unreachable: number
  /** Of the answered calls, in all. */
  latencyMs: number
}

/** Adds the counts of one organization, and lets them decide how their providers do. */
export function addTraffic(db: Pick<Database, 'app'>, organizationId: string, counts: readonly TrafficCount[], now: Date): Promise<void> {
  return inTenant(db, organizationId, async (tx) => {
    const sorted = [...counts].sort((a, b) => (a.provider < b.provider ? -1 : 1) || a.minute.getTime() - b.minute.getTime())
    await addCounts(tx, organizationId, sorted)
    for (const provider of new Set(sorted.map((count) => count.provider))) await settleState(tx, organizationId, provider, now)
  })
}

/** In the order of their keys, so that two replicas cannot block each other. */
async function addCounts(tx: Tx, organizationId: string, counts: readonly TrafficCount[]): Promise<void> {
  for (const { provider, minute, answered, failed, unreachable, latencyMs } of counts) {
    await tx.$executeRaw`
      INSERT INTO provider_traffic AS t (organization_id, provider, minute, answered, failed, unreachable, latency_ms)
      VALUES (${organizationId}, ${provider}, ${minute}, ${answered}, ${failed}, ${unreachable}, ${latencyMs})
      ON CONFLICT (organization_id, provider, minute) DO UPDATE SET answered = t.answered + excluded.answered,
        failed = t.failed + excluded.failed, unreachable = t.unreachable + excluded.unreachable, latency_ms = t.latency_ms + excluded.latency_ms`
  }
}

async function settleState(tx: Tx, organizationId: string, provider: string, now: Date): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO provider_status (organization_id, provider, status, since, seen_at) VALUES (${organizationId}, ${provider}, 'unknown', ${now}, ${now})
    ON CONFLICT DO NOTHING`
  const [before] = await tx.$queryRaw<{ status: ProviderState }[]>`
    SELECT status FROM provider_status WHERE provider = ${provider} FOR UPDATE`
  const from = new Date(now.getTime() - trafficWindowMs)
  const [basis] = await tx.$queryRaw<{ answered: number; failed: number; unreachable: number }[]>`
    SELECT coalesce(sum(answered), 0)::int AS answered, coalesce(sum(failed), 0)::int AS failed, coalesce(sum(unreachable), 0)::int AS unreachable
    FROM provider_traffic WHERE provider = ${provider} AND minute > ${from}`
  if (!before || !basis) return
  const status = judgeTraffic(basis) ?? before.status
  const since = status === before.status ? null : now
  await tx.$executeRaw`
    UPDATE provider_status SET status = ${status}, since = coalesce(${since}, since), seen_at = ${now} WHERE provider = ${provider}`
  const kind = newsOf(before.status, status)
  if (kind) await recordEvent(tx, organizationId, { kind, resource: { kind: 'provider', id: provider }, payload: { status, ...basis } })
}

function newsOf(before: ProviderState, after: ProviderState): 'provider.degraded' | 'provider.recovered' | null {
  if (before === after || after === 'unknown') return null
  if (after !== 'healthy') return before === 'down' ? null : 'provider.degraded'
  return before === 'unknown' ? null : 'provider.recovered'
}
