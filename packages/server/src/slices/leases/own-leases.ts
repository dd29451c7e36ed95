import type { ChangedSlice, ChangeSlice, ReleaseLease } from '@keylease/shared/contracts/lease-bodies'
import type { Deps } from '../../deps'
import { writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import { AppError } from '../../platform/errors'
import { type AgentActor, refuseStatus } from './holder'
import { endOwnLease, endToken, lockOwnLease, saveSequence } from './own-lease-rows'

/** A lease that has ended may still say how far it went; how it ended stays. */
export async function releaseLease(deps: Deps, actor: AgentActor, id: string, input: ReleaseLease): Promise<void> {
  const { lastSequence = null, openIntents } = input
  const { organizationId, agentId } = actor
  await writeAs(deps, actor, async (tx) => {
    const at = deps.databaseTime.now()
    const lease = await lockOwnLease(tx, organizationId, agentId, id, at)
    if (!lease) throw new AppError('not_found')
    const isLive = lease.status === 'active'
    await endOwnLease(tx, organizationId, id, { reason: isLive ? 'released' : lease.status, at, lastSequence, openIntents })
    if (!isLive) return
    if (lease.delivery === 'gateway') await endToken(tx, organizationId, id, at)
    const after = { id, keyId: lease.keyId, status: 'released', lastSequence }
    await recordAudit(tx, deps.clock, actor, { action: 'lease.released', resource: { kind: 'lease', id }, after })
  })
  deps.revocations.add({ scopeId: id, notBefore: deps.databaseTime.now().getTime() })
}

/** Where no budget applies, nothing is reserved: what is said of the calls under way is kept. */
export function changeSlice(deps: Deps, actor: AgentActor, id: string, change: ChangeSlice): Promise<ChangedSlice> {
  const { organizationId, agentId } = actor
  return writeAs(deps, actor, async (tx) => {
    const now = deps.databaseTime.now()
    const lease = await lockOwnLease(tx, organizationId, agentId, id, now)
    if (!lease) throw new AppError('not_found')
    refuseStatus(lease.status)
    await saveSequence(tx, organizationId, id, { lastSequence: change.lastSequence, openIntents: change.openIntents })
    return { id, slice: null, serverTime: now.toISOString() }
  })
}
