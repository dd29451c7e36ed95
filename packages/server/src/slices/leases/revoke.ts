import type { RevokedLeases, RevokeLease, RevokeLeases } from '@keylease/shared/contracts/lease-bodies'
import type { RevocationScope } from '@keylease/shared/contracts/lease-events'
import type { Deps } from '../../deps'
import { writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { absentField, reachOf } from '../../platform/reach'
import type { InFlight } from '../../platform/revocations'
import type { Tx } from '../../platform/tenancy'
import { requireAgent } from '../agents/service'
import { listManagedKeyIds, listVisibleKeyIds } from '../grants/service'
import { requireProject } from '../projects/service'
import { toLeaseTask } from './mapping'
import { listLeaseRows } from './queries'
import { callRevoke, findRevocation, hasKey, listOpenTasks } from './revoke-rows'

interface Target {
  scope: RevocationScope
  scopeId: string
}

type Find = (tx: Tx) => Promise<Target>

export function revokeLeases(deps: Deps, actor: Actor, input: RevokeLeases): Promise<RevokedLeases> {
  return revokeScope(deps, actor, input.inFlight, (tx) => findTarget(tx, actor, input))
}

export function revokeLease(deps: Deps, actor: Actor, id: string, { inFlight }: RevokeLease): Promise<RevokedLeases> {
  return revokeScope(deps, actor, inFlight, async (tx) => {
    const page = { now: deps.databaseTime.now(), unsettled: true, after: null, take: 1 }
    const [row] = await listLeaseRows(tx, actor.organizationId, { id, reach: reachOf(actor) }, page)
    if (!row) throw new AppError('not_found')
    return { scope: 'lease', scopeId: id }
  })
}

/** Committed with its audit entry, then obeyed here at once; the others hear of it from the change that was written with it. */
async function revokeScope(deps: Deps, actor: Actor, inFlight: InFlight, find: Find): Promise<RevokedLeases> {
  const { organizationId } = actor
  let notBefore: Date | undefined
  let target: Target | undefined
  const answer = await writeAs(deps, actor, async (tx) => {
    target = await find(tx)
    const { revocationId, revoked, keys } = await callRevoke(tx, { organizationId, ...target, inFlight, now: deps.databaseTime.now() })
    const found = revocationId === null ? null : await findRevocation(tx, organizationId, revocationId)
    notBefore = found?.notBefore
    const tasks = (await listOpenTasks(tx, organizationId, keys)).map(toLeaseTask)
    const result: RevokedLeases = {
      revocationId,
      revoked,
      inFlight,
      upstream: keys.map((keyId) => ({ keyId, upstream: tasks.some((task) => task.keyId === keyId) ? 'still_valid' : 'revoked' })),
      acknowledgedBy: { acknowledged: found?.acknowledged ?? 0, clients: found?.clients ?? 0 },
      tasks,
    }
    const resource = { kind: target.scope === 'key' ? 'provider-key' : target.scope, id: target.scopeId }
    await recordAudit(tx, deps.clock, actor, { action: 'lease.revoked', resource, after: result })
    return result
  })
  if (target && notBefore) deps.revocations.add({ scopeId: target.scopeId, notBefore: notBefore.getTime() })
  return answer
}

async function findTarget(tx: Tx, actor: Actor, { agentId, projectId, keyId }: RevokeLeases): Promise<Target> {
  if (agentId !== undefined) return { scope: 'agent', scopeId: (await requireAgent(tx, actor, agentId)).id }
  if (projectId !== undefined) return { scope: 'project', scopeId: (await requireProject(tx, actor, projectId)).id }
  if (keyId !== undefined) return findKeyTarget(tx, actor, keyId)
  if (reachOf(actor) === null) return { scope: 'organization', scopeId: actor.organizationId }
  throw new AppError('forbidden', {
    message: 'This credential works in teams and may not revoke every lease. Name an agent, a key or a project.',
  })
}

/** A deleted key has no leases left; one that is only seen is another's to revoke. */
async function findKeyTarget(tx: Tx, actor: Actor, keyId: string): Promise<Target> {
  const visible = await listVisibleKeyIds(tx, actor)
  if (!(await hasKey(tx, keyId)) || (visible !== null && !visible.includes(keyId))) throw absentField('keyId')
  const managed = await listManagedKeyIds(tx, actor)
  if (managed === null || managed.includes(keyId)) return { scope: 'key', scopeId: keyId }
  throw new AppError('forbidden', {
    message: 'This credential sees this key and does not manage it. Revoke the leases of your agents instead.',
  })
}
