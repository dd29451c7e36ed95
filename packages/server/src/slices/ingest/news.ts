import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { fenceSharedLease, recordLeaseUses } from '../leases/service'
import type { UsageReport } from '../usage/service'

/** As far back as the status of a provider looks. */
const presentMs = 15 * 60_000

export async function noteUses(deps: Deps, organizationId: string, reports: readonly UsageReport[]): Promise<void> {
  const uses = new Map<string, Date>()
  for (const { identity, occurredAt } of reports) {
    if (identity.kind === 'leased' && occurredAt > (uses.get(identity.leaseId) ?? new Date(0))) uses.set(identity.leaseId, occurredAt)
  }
  if (uses.size > 0) await recordLeaseUses(deps, organizationId, uses)
}

/** How calls of now went says how their provider does; what comes late, or was left, says nothing. */
export function noteTraffic({ traffic, clock }: Deps, organizationId: string, report: UsageReport): void {
  const { provider, status, latencyMs, occurredAt } = report
  if (status === 'aborted' || clock.now().getTime() - occurredAt.getTime() > presentMs) return
  const outcome = readOutcome(report)
  if (outcome) traffic.record(organizationId, provider, outcome, latencyMs ?? 0)
}

/** Our own clients always tell the status of an answer; of others a missing one says nothing about a failure. */
function readOutcome({ identity, status, httpStatus }: UsageReport) {
  if (httpStatus !== null) return httpStatus >= 500 ? 'failed' : 'answered'
  if (identity.kind === 'leased') return 'unreachable'
  return status === 'ok' ? 'answered' : null
}

export async function fenceShared(deps: Deps, actor: Actor, reports: readonly UsageReport[]): Promise<void> {
  const leaseIds = new Set(reports.flatMap(({ identity }) => (identity.kind === 'leased' ? [identity.leaseId] : [])))
  for (const leaseId of leaseIds) await fenceSharedLease(deps, actor.organizationId, leaseId, actor.request)
}
