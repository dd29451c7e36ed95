import type { Deps } from '../../deps'
import { recordAudit } from '../../platform/audit'
import type { Actor, RequestFacts } from '../../platform/auth'
import { recordEvent } from '../../platform/outbox'
import { inTenant } from '../../platform/tenancy'
import { callRevoke, findRevocation } from './revoke-rows'

type Room = Pick<Deps, 'db' | 'clock' | 'databaseTime' | 'revocations'>

/** Two processes hold one lease: it ends for both, and whoever asks next gets one of their own. */
export async function fenceSharedLease(deps: Room, organizationId: string, leaseId: string, request: RequestFacts): Promise<void> {
  const resource = { kind: 'lease', id: leaseId }
  const notBefore = await inTenant(deps.db, organizationId, async (tx) => {
    const target = { scope: 'lease', scopeId: leaseId } as const
    const { revocationId } = await callRevoke(tx, { organizationId, ...target, inFlight: 'finish', now: deps.databaseTime.now() })
    if (revocationId === null) return undefined
    await recordAudit(tx, deps.clock, toService(organizationId, request), {
      action: 'lease.revoked',
      resource,
      after: { reason: 'shared' },
    })
    await recordEvent(tx, organizationId, { kind: 'security.lease_shared', resource, payload: { leaseId } })
    return (await findRevocation(tx, organizationId, revocationId))?.notBefore
  })
  if (notBefore) deps.revocations.add({ scopeId: leaseId, notBefore: notBefore.getTime() })
}

const toService = (organizationId: string, request: RequestFacts): Actor => ({
  kind: 'service',
  id: 'ledger',
  name: 'Ledger',
  organizationId,
  permissions: new Set(),
  reach: 'organization',
  request,
})
