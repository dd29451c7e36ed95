import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { fenceSharedLease, recordLeaseUses } from '../leases/service'
import type { UsageReport } from '../usage/service'

/** As far back as the status of a provider looks. */
const presentMs = 15 * 60_000

type Outcome = 'answered' | 'failed' | 'unreachable'

interface Traffic {
  provider: string
  outcome: Outcome
  calls: number
  latencyMs: number
}

/** What a batch tells besides its cost. */
export interface News {
  uses: Map<string, Date>
  /** Leases with a second holder. */
  sharedLeases: Set<string>
  traffic: Map<string, Traffic>
}

export const createNews = (): News => ({ uses: new Map(), sharedLeases: new Set(), traffic: new Map() })

export function noteLease({ uses, sharedLeases }: News, { identity, occurredAt }: UsageReport, isShared: boolean): void {
  if (identity.kind !== 'leased') return
  const { leaseId } = identity
  const last = uses.get(leaseId)
  if (last === undefined || occurredAt > last) uses.set(leaseId, occurredAt)
  if (isShared) sharedLeases.add(leaseId)
}

/** How calls of now went says how their provider does; what comes late, or was left, says nothing. */
export function noteTraffic({ traffic }: News, report: UsageReport, nowMs: number): void {
  const { provider, status, latencyMs, occurredAt } = report
  if (status === 'aborted' || nowMs - occurredAt.getTime() > presentMs) return
  const outcome = readOutcome(report)
  if (outcome === null) return
  const key = `${outcome} ${provider}`
  const count = traffic.get(key) ?? { provider, outcome, calls: 0, latencyMs: 0 }
  count.calls++
  count.latencyMs += latencyMs ?? 0
  traffic.set(key, count)
}

/** Our own clients always tell the status of an answer; of others a missing one says nothing about a failure. */
function readOutcome({ identity, status, httpStatus }: UsageReport): Outcome | null {
  if (httpStatus !== null) return httpStatus >= 500 ? 'failed' : 'answered'
  if (identity.kind === 'leased') return 'unreachable'
  return status === 'ok' ? 'answered' : null
}

export async function spreadNews(deps: Deps, { organizationId, request }: Actor, { uses, sharedLeases, traffic }: News): Promise<void> {
  if (uses.size > 0) await recordLeaseUses(deps, organizationId, uses)
  for (const { provider, outcome, calls, latencyMs } of traffic.values()) {
    deps.traffic.record(organizationId, provider, outcome, latencyMs, calls)
  }
  for (const leaseId of sharedLeases) await fenceSharedLease(deps, organizationId, leaseId, request)
}
