import { isDeepStrictEqual } from 'node:util'
import type { RenewedLease, RenewLease } from '@keylease/shared/contracts/lease-bodies'
import type { Deps } from '../../deps'
import { AppError } from '../../platform/errors'
import { evaluatePolicy } from '../grants/service'
import { signLease, toTimes } from './answer'
import { type AgentActor, refuseStatus } from './holder'
import { lastEnd, longestSeconds } from './issue'
import type { LeaseJson, RenewRequest } from './renewal-rows'

const attempts = 5

/** One merged UPDATE while the policy is as it was when the lease was issued; else the policy is asked again first. */
export async function renewLease(deps: Deps, actor: AgentActor, id: string, input: RenewLease): Promise<RenewedLease> {
  const { organizationId } = actor
  const asPresent = { ends_by: actor.expiresAt?.toISOString() ?? null, longest_seconds: null, policy_version: null }
  let asked: Pick<RenewRequest, keyof typeof asPresent> = asPresent
  for (let attempt = 0; attempt < attempts; attempt++) {
    const request = { ...toRequest(actor, id, input), ...asked }
    const answer = await deps.leases.renewals.add(organizationId, { organizationId, request })
    if ('renewed' in answer) return toRenewed(deps, actor, answer.renewed)
    if (answer.fault === 'absent') throw new AppError('not_found')
    if (answer.fault === 'holder_ended') throw new AppError('unauthenticated')
    refuseStatus(answer.fault)
    if ('lease' in answer) asked = await askAgain(deps, actor, answer.lease, attempt > 0)
  }
  throw new AppError('unavailable', { retryAfterSeconds: 1 })
}

const toRequest = (actor: AgentActor, id: string, { ttlSeconds, openedThrough, openIntents }: RenewLease) => ({
  id,
  agent_id: actor.agentId,
  holder_kind: actor.kind,
  holder_id: actor.id,
  ttl_seconds: ttlSeconds,
  opened_through: openedThrough ?? null,
  open_intents: openIntents ?? null,
})

/** The grant still gives this agent this key, in the same words as when it was leased. */
async function askAgain(deps: Deps, actor: AgentActor, lease: LeaseJson, isStale: boolean) {
  if (isStale) deps.leases.policies.forget(actor.organizationId)
  const facts = await deps.leases.policies.read(actor.organizationId, actor.agentId, { keyId: lease.key_id })
  if (!facts) throw new AppError('unauthenticated')
  const { models, operations } = lease.scope
  const at = deps.databaseTime.now()
  const request = { keyId: lease.key_id, models, operations, address: actor.request.address, at }
  const decision = evaluatePolicy({ ...facts, request })
  if (!decision.allowed) throw new AppError(decision.code, { message: decision.sentence })
  const candidate = decision.candidates.find(({ grant }) => grant.id === lease.grant_id)
  if (!candidate || !isDeepStrictEqual({ ...candidate.restrictions }, { ...lease.scope })) throw new AppError('policy_changed')
  const end = lastEnd(deps, actor, { candidate })
  return { ends_by: end?.toISOString() ?? null, longest_seconds: longestSeconds(facts, candidate), policy_version: facts.version }
}

function toRenewed(deps: Deps, actor: AgentActor, lease: LeaseJson): RenewedLease {
  const times = { issuedAt: new Date(lease.issued_at), expiresAt: new Date(lease.expires_at) }
  const claims = {
    leaseId: lease.id,
    organizationId: actor.organizationId,
    projectId: lease.project_id,
    agentId: lease.agent_id,
    keyId: lease.key_id,
    keyVersionId: lease.key_version_id,
    grantId: lease.grant_id,
    holderId: lease.holder_id,
    issuedAt: times.issuedAt.getTime(),
    expiresAt: times.expiresAt.getTime(),
  }
  return { id: lease.id, token: lease.delivery === 'gateway' ? signLease(deps, claims) : null, ...toTimes(deps, times) }
}
