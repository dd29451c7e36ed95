import type { RevocationScope } from '@keylease/shared/contracts/lease-events'
import type { Change } from './change-feed'
import type { Database } from './db'
import type { Events } from './events'
import type { LeaseClaims } from './lease-tokens'
import type { Tx } from './tenancy'

export type InFlight = 'finish' | 'cut'

export interface LeaseRevocation {
  organizationId: string
  revocationId: string
  scope: RevocationScope
  scopeId: string
  /** Milliseconds of database time: what was issued then or before has ended. */
  notBefore: number
  inFlight: InFlight
  /** Whose leases it ended; null is too many to say. */
  agents: readonly string[] | null
}

export interface Revocations {
  isRevoked(claims: LeaseClaims): boolean
  /** What this process revoked, it obeys at once; the others hear of it from the change feed. */
  add(revocation: Pick<LeaseRevocation, 'scopeId' | 'notBefore'>): void
  /** Reads those that still count. The feed must run by then, so that none falls between the two. */
  load(): Promise<void>
}

export const leaseRevoked = 'lease.revoked'
export const leaseReleased = 'lease.released'
const longestLifeMs = 24 * 60 * 60_000
const pruneEvery = 1_000

/** In memory, by scope: a lease is dead that was issued at or before the time of any scope that it is in. */
export function createRevocations(db: Pick<Database, 'systemPool'>, events: Pick<Events, 'on'>): Revocations {
  const notBefores = new Map<string, number>()
  let added = 0

  const prune = () => {
    const newest = Math.max(...notBefores.values())
    for (const [scopeId, notBefore] of notBefores) if (notBefore < newest - longestLifeMs) notBefores.delete(scopeId)
  }
  const add: Revocations['add'] = ({ scopeId, notBefore }) => {
    notBefores.set(scopeId, Math.max(notBefore, notBefores.get(scopeId) ?? 0))
    if (++added % pruneEvery === 0) prune()
  }
  const load = async () => {
    const found = await db.systemPool.query<{ scopeId: string; notBefore: Date }>(
      'SELECT scope_id AS "scopeId", not_before AS "notBefore" FROM revocation WHERE keep_until > now()',
    )
    for (const { scopeId, notBefore } of found.rows) add({ scopeId, notBefore: notBefore.getTime() })
  }
  for (const kind of [leaseRevoked, leaseReleased]) events.on(kind, (change) => add(toRevocation(change)))
  events.on('reload', load)

  return {
    isRevoked(claims) {
      if (notBefores.size === 0) return false
      const { organizationId, projectId, agentId, keyId, keyVersionId, grantId, holderId, leaseId, issuedAt } = claims
      const isPast = (scopeId: string) => issuedAt <= (notBefores.get(scopeId) ?? -1)
      return [leaseId, agentId, keyVersionId, keyId, holderId, grantId, projectId, organizationId].some(isPast)
    },
    add,
    load,
  }
}

/** The payload is what keylease_revoke wrote. */
export function toRevocation({ organizationId, payload }: Change): LeaseRevocation {
  return { ...(payload as unknown as Omit<LeaseRevocation, 'organizationId'>), organizationId }
}

/** What happens to calls under way when the changes of this transaction end leases. */
export async function chooseInFlight(tx: Tx, inFlight: InFlight): Promise<void> {
  await tx.$executeRaw`SELECT set_config('keylease.in_flight', ${inFlight}, true)`
}
