import type { IssueLease } from '@keylease/shared/contracts/lease-bodies'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { absentField } from '../../platform/reach'
import { type Candidate, evaluatePolicy } from '../grants/service'
import { chooseDelivery } from './delivery'
import type { LeaseFacts } from './policy-cache'

export interface Choice {
  candidate: Candidate
  key: LeaseFacts['leasable'] extends ReadonlyMap<string, infer Key> ? Key : never
  delivery: 'gateway' | 'direct'
}

/** How long ago each key was last leased here: of keys that fit alike, the one that rested longest is next. */
export type LastLeased = Map<string, number>

const illness: Record<string, number> = { healthy: 0, unknown: 0, limited: 1, degraded: 1, unreachable: 2, no_quota: 3, rejected: 4 }

/** The key that is leased, by the policy first, then by how it can be delivered, its health and how long it rested. */
export function chooseKey(facts: LeaseFacts, actor: Actor, input: IssueLease, at: Date, lastLeased: LastLeased): Choice {
  const { provider, keyId, models, operations, ttlSeconds, delivery, exceptKeyIds } = input
  if (keyId !== undefined && facts.keys.length === 0) throw absentField('keyId')
  const request = { provider, keyId, models, operations, ttlSeconds, delivery, address: actor.request.address, at }
  const decision = evaluatePolicy({ ...facts, request })
  if (!decision.allowed) throw new AppError(decision.code, { message: decision.sentence })
  const usable = decision.candidates.flatMap((candidate) => {
    const key = facts.leasable.get(candidate.key.id)
    return key && !exceptKeyIds.includes(key.id) ? [{ candidate, key, delivery: chooseDelivery(candidate.key.delivery, input) }] : []
  })
  if (usable.length === 0) throw new AppError('key_not_usable')
  const deliverable = usable.filter((choice) => choice.delivery !== null)
  if (deliverable.length === 0) throw new AppError('public_key_required')
  const given = deliverable.filter((choice): choice is Choice => choice.delivery !== 'minted' && choice.delivery !== null)
  const [first] = firstOfEachKey(given).toSorted((one, other) => compareChoices(one, other, lastLeased))
  if (!first) throw new AppError('delivery_not_available')
  return first
}

/** Candidates come best first, so the first of a key is its best grant. */
function firstOfEachKey(choices: readonly Choice[]): Choice[] {
  return [...new Map(choices.toReversed().map((choice) => [choice.key.id, choice])).values()].toReversed()
}

function compareChoices(one: Choice, other: Choice, lastLeased: LastLeased): number {
  return (
    other.candidate.grant.priority - one.candidate.grant.priority ||
    (illness[one.key.health] ?? 1) - (illness[other.key.health] ?? 1) ||
    (lastLeased.get(one.key.id) ?? 0) - (lastLeased.get(other.key.id) ?? 0)
  )
}
