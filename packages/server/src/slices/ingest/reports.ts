import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { inTenantSql } from '../../platform/tenancy'
import { attributeCalls } from '../attribution-rules/service'
import { findLeaseOwners, type LeaseOwner } from '../leases/service'
import type { UsageReport } from '../usage/service'
import type { ObservedCall } from './dialects/call'
import type { LeasedCall } from './dialects/keylease'
import type { Refusal } from './outcome'

const oldestMs = 30 * 86_400_000

/** The lease says whose call it was, whatever its attributes claim. */
export async function readLeased(deps: Deps, actor: Actor, calls: readonly LeasedCall[]): Promise<(UsageReport | Refusal)[]> {
  if (calls.length === 0) return []
  const ids = [...new Set(calls.map((call) => call.identity.leaseId))]
  const owners = await inTenantSql(deps.db.appPool, actor.organizationId, (client) => findLeaseOwners(client, ids))
  const now = deps.clock.now()
  return calls.map((call) => toLeasedReport(call, owners.get(call.identity.leaseId), actor, now))
}

function toLeasedReport(call: LeasedCall, lease: LeaseOwner | undefined, actor: Actor, now: Date): UsageReport | Refusal {
  if (!lease || lease.agentId !== actor.agentId || lease.provider !== call.provider) return 'foreign_lease'
  if (isTooOld(call.occurredAt, now)) return 'too_old'
  const { provider, ...owner } = lease
  return { ...call, provider, owner, source: 'sdk', occurredAt: clamp(call.occurredAt, now) }
}

/** Calls without a lease: the agent of the credential, else the rules of the organization, say whose they were. */
export async function readObserved(deps: Deps, actor: Actor, calls: readonly ObservedCall[]): Promise<(UsageReport | Refusal)[]> {
  if (calls.length === 0) return []
  const [owners, { trustedCostScopes }] = await Promise.all([attributeCalls(deps, actor, calls), deps.settings.get(actor.organizationId)])
  const now = deps.clock.now()
  return calls.map((call, i) => {
    const owner = owners[i]
    if (!owner || isTooOld(call.occurredAt, now)) return 'too_old'
    return toObservedReport(call, owner, isTrusted(call.scope, trustedCostScopes), now)
  })
}

function toObservedReport(
  { attribution: _, parentSpanId, isContainer, ...call }: ObservedCall,
  owner: UsageReport['owner'],
  isReportedCostTrusted: boolean,
  now: Date,
): UsageReport {
  const isRecord = call.identity.kind === 'record'
  const above = parentSpanId && call.spanId && parentSpanId.equals(call.spanId) ? null : parentSpanId
  return {
    ...call,
    owner,
    source: 'otlp',
    occurredAt: clamp(call.occurredAt, now),
    isReportedCostTrusted,
    relations: { parentSpanId: isRecord ? call.spanId : above, isContainer },
  }
}

/** A scope is its name, an @ and its version, where it has one. */
const isTrusted = (scope: string, names: ReadonlySet<string>) => names.has(scope) || names.has(scope.replace(/(?<=.)@[^@]*$/, ''))

const isTooOld = (at: Date, now: Date) => at.getTime() < now.getTime() - oldestMs
/** A time to come is taken as now. */
const clamp = (at: Date, now: Date) => (at > now ? now : at)
