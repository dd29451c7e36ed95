import { type RefusalCode, refusalCodes } from '@keylease/shared/contracts/policy'
import { isInNetworks, toNetworks } from '../../platform/request/networks'
import { isWithinHours, openSeconds } from './hours'
import type { Candidate, Pair, PolicyDecision, PolicyFacts, PolicyGrant, PolicyKey, Restrictions } from './policy-facts'
import { explainAllowed, explainRefused } from './policy-sentences'

const longestTtlSeconds = 3_600

/**
 * May this agent use a key, and which first? Grants add up: each pair of key and grant that passes every check is a candidate,
 * and one grant alone must cover the whole request. Nothing but the facts decides.
 */
export function evaluatePolicy(facts: PolicyFacts): PolicyDecision {
  if (!facts.agent.enabled) return refuse(facts, 'agent_disabled')
  const pairs = listPairs(facts).sort(comparePairs)
  const judged = pairs.map((pair) => ({ pair, code: findFault(facts, pair) }))
  const candidates = judged.filter(({ code }) => code === null).map(({ pair }) => toCandidate(facts, pair))
  const [first] = candidates
  if (first) return { allowed: true, ...first, candidates, sentence: explainAllowed(facts, first) }
  const nearest = judged.reduce<(typeof judged)[number] | null>((best, one) => (rankOf(one.code) > rankOf(best?.code) ? one : best), null)
  return refuse(facts, nearest?.code ?? 'no_grant', nearest?.pair)
}

function refuse(facts: PolicyFacts, code: RefusalCode, pair?: Pair): PolicyDecision {
  return { allowed: false, code, sentence: explainRefused(facts, code, pair) }
}

/** The refusal that came furthest says most about what to change. */
const rankOf = (code: RefusalCode | null | undefined) => (code ? refusalCodes.indexOf(code) : -1)

function listPairs({ agent, request, keys, grants }: PolicyFacts): Pair[] {
  const asked = keys.filter((key) => (request.keyId === undefined ? key.provider === request.provider : key.id === request.keyId))
  const own = grants.filter((grant) => isSubject(grant, agent))
  return asked.flatMap((key) => own.filter((grant) => isTarget(grant, key)).map((grant) => ({ key, grant })))
}

function isSubject(grant: PolicyGrant, agent: PolicyFacts['agent']): boolean {
  if (grant.agentId !== null) return grant.agentId === agent.id
  if (grant.projectId !== null) return grant.projectId === agent.projectId
  return grant.teamId !== null && grant.teamId === agent.teamId
}

function isTarget(grant: PolicyGrant, key: PolicyKey): boolean {
  if (grant.keyId !== null) return grant.keyId === key.id
  if (grant.provider !== null) return grant.provider === key.provider
  if (grant.category !== null) return grant.category === key.category
  return grant.tag !== null && key.tags.includes(grant.tag)
}

/** Highest priority first, then the most specific subject, then the most specific target, then a key for this environment alone. */
function comparePairs(one: Pair, other: Pair): number {
  return (
    other.grant.priority - one.grant.priority ||
    specificityOf(other.grant) - specificityOf(one.grant) ||
    Number(other.key.environment !== null) - Number(one.key.environment !== null) ||
    compareText(one.key.id, other.key.id) ||
    compareText(one.grant.id, other.grant.id)
  )
}

const compareText = (one: string, other: string) => (one < other ? -1 : Number(one > other))

function specificityOf({ agentId, projectId, keyId, tag, provider }: PolicyGrant): number {
  const subject = agentId !== null ? 2 : projectId !== null ? 1 : 0
  const target = keyId !== null ? 3 : tag !== null ? 2 : provider !== null ? 1 : 0
  return subject * 4 + target
}

/** The first check that a pair fails, in the order of `refusalCodes`. */
function findFault({ agent, request }: PolicyFacts, { key, grant }: Pair): RefusalCode | null {
  const { at, delivery } = request
  if (grant.expiresAt !== null && grant.expiresAt <= at) return 'grant_expired'
  if (key.status === 'revoked') return 'key_revoked'
  if (key.status !== 'active') return 'key_disabled'
  if (key.expiresAt !== null && key.expiresAt <= at) return 'key_expired'
  if (key.environment !== null && key.environment !== agent.environment) return 'environment_mismatch'
  if (grant.environments.length > 0 && !grant.environments.includes(agent.environment)) return 'environment_mismatch'
  if (delivery !== undefined && key.delivery !== null && key.delivery !== delivery) return 'delivery_not_allowed'
  if (!isAddressGranted(grant, request.address)) return 'address_refused'
  if (grant.hours !== null && !isWithinHours(grant.hours, at)) return 'outside_hours'
  if (!request.operations.every((operation) => isOperationGranted(grant, operation))) return 'operation_not_granted'
  if (!request.models.every((model) => isModelGranted(grant, model))) return 'model_not_granted'
  return null
}

function isAddressGranted(grant: PolicyGrant, address: string | null): boolean {
  return grant.addresses.length === 0 || (address !== null && isInNetworks(address, toNetworks(grant.addresses)))
}

const isOperationGranted = (grant: PolicyGrant, operation: string) => grant.operations.length === 0 || grant.operations.includes(operation)

/** A pattern is an exact name, or the beginning of names when it ends in `*`. */
function isModelGranted(grant: PolicyGrant, model: string): boolean {
  if (grant.models.length === 0) return true
  return grant.models.some((pattern) => (pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model))
}

function toCandidate({ request }: PolicyFacts, { key, grant }: Pair): Candidate {
  const restrictions: Restrictions = {
    models: request.models.length > 0 ? request.models : grant.models,
    operations: request.operations.length > 0 ? request.operations : grant.operations,
    addresses: grant.addresses,
    hours: grant.hours,
    requestsPerMinute: grant.requestsPerMinute,
    tokensPerMinute: grant.tokensPerMinute,
    defaultMaxOutputTokens: grant.defaultMaxOutputTokens,
  }
  return { key, grant, restrictions, maxTtlSeconds: longestTtl(request, key, grant) }
}

/** No use outlives what allows it: the key, the grant, its hours. */
function longestTtl({ at, ttlSeconds }: PolicyFacts['request'], key: PolicyKey, grant: PolicyGrant): number {
  const until = (end: Date | null) => (end === null ? longestTtlSeconds : Math.floor((end.getTime() - at.getTime()) / 1_000))
  const ttl = Math.min(
    longestTtlSeconds,
    ttlSeconds ?? longestTtlSeconds,
    grant.maxTtlSeconds ?? longestTtlSeconds,
    until(key.expiresAt),
    until(grant.expiresAt),
  )
  return grant.hours === null ? ttl : openSeconds(grant.hours, at, ttl)
}
