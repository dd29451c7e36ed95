import type { IssuedLease, IssueLease } from '@keylease/shared/contracts/lease-bodies'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { AppError } from '../../platform/errors'
import { commitPersonal } from '../../platform/personal'
import { hashRequest, IdempotentReplay, isSameRequest } from '../../platform/request/idempotency'
import { inTenant } from '../../platform/tenancy'
import { findLeasedVersion } from '../provider-keys/service'
import { handOver, type LeaseInHand } from './answer'
import { type Choice, chooseKey } from './choice'
import type { AgentActor } from './holder'
import { refuseStatus } from './holder'
import type { LeaseRequest } from './lease-request'
import type { LeaseFacts } from './policy-cache'
import type { RepeatedLease } from './reservation-rows'

/** How often a policy that changed meanwhile is read again before the caller is asked to come back. */
const attempts = 5
const maximumRested = 50_000

/** Policy in memory, then one call of the database that writes lease and audit entry, or neither. */
export async function issueLease(deps: Deps, actor: AgentActor, input: IssueLease, origin: string): Promise<IssuedLease> {
  const { organizationId, agentId } = actor
  for (let attempt = 0; attempt < attempts; attempt++) {
    const asked = input.keyId === undefined ? { provider: input.provider ?? '' } : { keyId: input.keyId }
    const facts = await deps.leases.policies.read(organizationId, agentId, asked)
    if (!facts) throw new AppError('unauthenticated')
    const choice = chooseKey(facts, actor, input, deps.databaseTime.now(), deps.leases.lastLeased)
    const request = toRequest(deps, actor, facts, choice)
    const lease = toLease(actor, facts, choice, request.id)
    // Before anything is written: what cannot be handed over is not issued.
    const handed = await handOver(deps, lease, { publicKey: input.publicKey, origin })
    const item = { organizationId, version: facts.version, request }
    const answer = await deps.leases.reservations.add(`${organizationId} ${facts.version}`, item)
    if (answer === 'stale' || ('fault' in answer && answer.fault === 'again')) deps.leases.policies.forget(organizationId)
    else if ('fault' in answer)
      throw new AppError(answer.fault === 'limit' ? 'lease_limit_reached' : 'unauthenticated', { retryAfterSeconds: 5 })
    else if ('repeated' in answer) throw new IdempotentReplay(await repeatLease(deps, actor, facts, answer.repeated, { input, origin }))
    else {
      noteLeased(deps, choice.key.id)
      return handed({ issuedAt: new Date(answer.issuedAt), expiresAt: new Date(answer.expiresAt) })
    }
  }
  throw new AppError('unavailable', { retryAfterSeconds: 1 })
}

function toLease(actor: AgentActor, { agent }: LeaseFacts, { key, candidate, delivery }: Choice, id: string): LeaseInHand {
  return {
    id,
    organizationId: actor.organizationId,
    holderId: actor.id,
    projectId: agent.projectId,
    agentId: agent.id,
    environment: agent.environment,
    grantId: candidate.grant.id,
    keyId: key.id,
    delivery,
    restrictions: candidate.restrictions,
    provider: key.provider,
    target: key.target,
    version: key.version,
  }
}

function toRequest(deps: Deps, actor: AgentActor, facts: LeaseFacts, choice: Choice): LeaseRequest {
  const { candidate, key, delivery } = choice
  const { agent } = facts
  const claim = actor.idempotency
  const { address, userAgent, id: requestId } = actor.request
  const commitments = commitPersonal(actor.request)
  return {
    id: newId('lease'),
    project_id: agent.projectId,
    team_id: agent.teamId,
    agent_id: agent.id,
    environment: agent.environment,
    holder_kind: actor.kind,
    holder_id: actor.id,
    grant_id: candidate.grant.id,
    provider: key.provider.id,
    key_id: key.id,
    key_version_id: key.version.id,
    delivery,
    scope: candidate.restrictions,
    idempotency_key: claim?.key ?? null,
    request_hash: claim ? hashRequest(deps.keyring, claim.request).toString('hex') : null,
    ttl_seconds: candidate.maxTtlSeconds,
    longest_seconds: longestSeconds(facts, candidate),
    ends_by: lastEnd(deps, actor, choice),
    audit_id: newId('auditEntry'),
    actor_name: actor.name,
    request_id: requestId,
    salt: commitments.salt.toString('hex'),
    address,
    user_agent: userAgent,
    address_commitment: commitments.address.toString('hex'),
    user_agent_commitment: commitments.userAgent.toString('hex'),
  }
}

/** The most that a lease by this grant, of this key, in this organization is given at a time. */
export function longestSeconds({ maxLeaseSeconds, leasable }: LeaseFacts, { grant, key }: Choice['candidate']): number {
  return Math.min(maxLeaseSeconds, grant.maxTtlSeconds ?? maxLeaseSeconds, leasable.get(key.id)?.maxLeaseSeconds ?? maxLeaseSeconds)
}

/** What no renewal goes beyond. The hours of a grant are asked about once, so a lease under them ends with its first span. */
export function lastEnd(deps: Pick<Deps, 'databaseTime'>, actor: AgentActor, { candidate }: Pick<Choice, 'candidate'>): Date | null {
  const { grant, key, maxTtlSeconds } = candidate
  const span = grant.hours === null ? null : new Date(deps.databaseTime.now().getTime() + maxTtlSeconds * 1_000)
  const ends = [actor.expiresAt ?? null, grant.expiresAt, key.expiresAt, span].filter((end) => end !== null)
  return ends.length === 0 ? null : new Date(Math.min(...ends.map(Number)))
}

/** The same lease, sealed again: whoever lost the answer gets what they would have got. */
async function repeatLease(
  deps: Deps,
  actor: AgentActor,
  facts: LeaseFacts,
  row: RepeatedLease,
  { input, origin }: { input: IssueLease; origin: string },
): Promise<IssuedLease> {
  const claim = actor.idempotency
  const stored = Buffer.from(row.request_hash.slice(2), 'hex')
  if (!claim || !isSameRequest(deps.keyring, claim.request, stored)) throw new AppError('idempotency_key_reused')
  refuseStatus(row.status)
  const key = facts.leasable.get(row.key_id)
  const version = await inTenant(deps.db, actor.organizationId, (tx) => findLeasedVersion(tx, row.key_version_id))
  if (!key || !version) throw new AppError('lease_revoked')
  const { id, project_id: projectId, environment, grant_id: grantId, delivery } = row
  const restrictions = row.scope as LeaseInHand['restrictions'] // written by this service
  const { organizationId, agentId, id: holderId } = actor
  const names = { id, organizationId, holderId, projectId, agentId, environment, grantId, keyId: key.id, delivery, restrictions }
  const handed = await handOver(
    deps,
    { ...names, provider: key.provider, target: key.target, version },
    { publicKey: input.publicKey, origin },
  )
  return handed({ issuedAt: new Date(row.issued_at), expiresAt: new Date(row.expires_at) })
}

function noteLeased({ leases, clock }: Deps, keyId: string): void {
  if (leases.lastLeased.size >= maximumRested) leases.lastLeased.clear()
  leases.lastLeased.set(keyId, clock.monotonicMs())
}
