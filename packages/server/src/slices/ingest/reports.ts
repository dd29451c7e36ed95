import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { inTenantSql } from '../../platform/tenancy'
import { attributeCalls } from '../attribution-rules/service'
import { findLeaseOwners } from '../leases/service'
import type { UsageReport } from '../usage/service'
import type { LeasedCall, ObservedCall } from './dialects/call'
import type { Refusal } from './outcome'

const oldestMs = 30 * 86_400_000

interface Holding {
  provider: string
  owner: UsageReport['owner']
}

/** The lease says whose call it was, whatever its attributes claim. */
export async function readLeased(deps: Deps, actor: Actor, calls: readonly LeasedCall[]): Promise<(UsageReport | Refusal)[]> {
  if (calls.length === 0) return []
  const ids = [...new Set(calls.map((call) => call.identity.leaseId))]
  const owners = await inTenantSql(deps.db.appPool, actor.organizationId, (client) => findLeaseOwners(client, ids))
  const holdings = new Map<string, Holding>()
  for (const [id, { provider, ...owner }] of owners) if (owner.agentId === actor.agentId) holdings.set(id, { provider, owner })
  const now = deps.clock.now()
  return calls.map((call) => toLeasedReport(call, holdings.get(call.identity.leaseId), now))
}

/** The call itself becomes its report: it is nobody else's. */
function toLeasedReport(call: LeasedCall, lease: Holding | undefined, now: Date): UsageReport | Refusal {
  if (!lease || lease.provider !== call.provider) return 'foreign_lease'
  if (isTooOld(call.occurredAt, now)) return 'too_old'
  const { parentSpanId, occurredAt } = call
  return Object.assign(call, {
    occurredAt: clamp(occurredAt, now),
    owner: lease.owner,
    source: 'sdk' as const,
    relations: parentSpanId === null ? null : { parentSpanId, isContainer: false },
    isReportedCostTrusted: true,
  })
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

function toObservedReport(call: ObservedCall, owner: UsageReport['owner'], isReportedCostTrusted: boolean, now: Date): UsageReport {
  const { identity, spanId, parentSpanId, isContainer, occurredAt } = call
  const above = parentSpanId === spanId ? null : parentSpanId
  return Object.assign(call, {
    occurredAt: clamp(occurredAt, now),
    owner,
    source: 'otlp' as const,
    relations: { parentSpanId: identity.kind === 'record' ? spanId : above, isContainer },
    isReportedCostTrusted,
  })
}

/** A scope is its name, an @ and its version, where it has one. */
const isTrusted = (scope: string, names: ReadonlySet<string>) => names.has(scope) || names.has(scope.replace(/(?<=.)@[^@]*$/, ''))

const isTooOld = (at: Date, now: Date) => at.getTime() < now.getTime() - oldestMs
/** A time to come is taken as now. */
const clamp = (at: Date, now: Date) => (at > now ? now : at)
