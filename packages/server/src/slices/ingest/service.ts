import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { inTenantSql } from '../../platform/tenancy'
import { fenceSharedLease, findLeaseOwners, type LeaseOwner, recordLeaseUses } from '../leases/service'
import { recordUsage, type UsageReport } from '../usage/service'
import { type LeasedCall, readLeasedCall } from './dialects/keylease'
import type { PartialSuccess } from './otlp/answer'
import type { SpanSignal } from './otlp/signal'

const batchSize = 2_000
const oldestMs = 30 * 86_400_000
/** As far back as the status of a provider looks. */
const presentMs = 15 * 60_000

/** Why a span did not become an event, for the one who sent it. */
const refusals = {
  malformed: 'a leased call without a lease, sequence, provider or valid ids',
  too_old: 'a call that ended more than 30 days ago',
  foreign_lease: 'a lease that does not belong to the agent of this credential',
} as const
type Refusal = keyof typeof refusals

/** What counts is committed when it returns. Null says that everything was taken. */
export async function ingestSpans(deps: Deps, actor: Actor, spans: readonly SpanSignal[]): Promise<PartialSuccess | null> {
  const refused: Refusal[] = []
  const calls = spans.flatMap((span) => {
    const call = readLeasedCall(span)
    if (call !== 'malformed') return call ?? []
    refused.push('malformed')
    return []
  })
  const owners = await findOwners(deps, actor, calls)
  const reports = calls.flatMap((call) => {
    const report = toReport(call, owners, actor, deps.clock.now())
    if (typeof report !== 'string') return report
    refused.push(report)
    return []
  })
  for (let at = 0; at < reports.length; at += batchSize) {
    const batch = reports.slice(at, at + batchSize)
    const written = await recordUsage(deps, actor.organizationId, batch)
    await noteUses(deps, actor.organizationId, batch)
    const shared = batch.filter((_, i) => written[i]?.isShared)
    await fenceShared(deps, actor, shared)
    for (const report of batch.filter((_, i) => written[i]?.isNew)) noteTraffic(deps, actor.organizationId, report)
  }
  return toPartialSuccess(refused)
}

function findOwners(deps: Deps, actor: Actor, calls: readonly LeasedCall[]): Promise<Map<string, LeaseOwner>> {
  const ids = [...new Set(calls.map((call) => call.identity.leaseId))]
  return inTenantSql(deps.db.appPool, actor.organizationId, (client) => findLeaseOwners(client, ids))
}

/** The lease says whose call it was, whatever its attributes claim. A time to come is taken as now. */
function toReport(call: LeasedCall, owners: Map<string, LeaseOwner>, actor: Actor, now: Date): UsageReport | Refusal {
  const lease = owners.get(call.identity.leaseId)
  if (!lease || lease.agentId !== actor.agentId || lease.provider !== call.provider) return 'foreign_lease'
  if (call.occurredAt.getTime() < now.getTime() - oldestMs) return 'too_old'
  const { provider, ...owner } = lease
  return { ...call, provider, owner, source: 'sdk', occurredAt: call.occurredAt > now ? now : call.occurredAt }
}

async function noteUses(deps: Deps, organizationId: string, reports: readonly UsageReport[]): Promise<void> {
  const uses = new Map<string, Date>()
  for (const { identity, occurredAt } of reports) {
    if (identity.kind === 'leased' && occurredAt > (uses.get(identity.leaseId) ?? new Date(0))) uses.set(identity.leaseId, occurredAt)
  }
  await recordLeaseUses(deps, organizationId, uses)
}

/** How calls of now went says how their provider does; what comes late, or was left, says nothing. */
function noteTraffic({ traffic, clock }: Deps, organizationId: string, report: UsageReport): void {
  const { provider, status, httpStatus, latencyMs, occurredAt } = report
  if (status === 'aborted' || clock.now().getTime() - occurredAt.getTime() > presentMs) return
  const outcome = httpStatus === null ? 'unreachable' : httpStatus >= 500 ? 'failed' : 'answered'
  traffic.record(organizationId, provider, outcome, latencyMs ?? 0)
}

async function fenceShared(deps: Deps, actor: Actor, reports: readonly UsageReport[]): Promise<void> {
  const leaseIds = new Set(reports.flatMap(({ identity }) => (identity.kind === 'leased' ? [identity.leaseId] : [])))
  for (const leaseId of leaseIds) await fenceSharedLease(deps, actor.organizationId, leaseId, actor.request)
}

function toPartialSuccess(refused: readonly Refusal[]): PartialSuccess | null {
  if (refused.length === 0) return null
  const counts = Object.entries(refusals).flatMap(([why, words]) => {
    const count = refused.filter((one) => one === why).length
    return count === 0 ? [] : [`${count} × ${words}`]
  })
  return { rejected: refused.length, message: `Not taken: ${counts.join('; ')}.` }
}
