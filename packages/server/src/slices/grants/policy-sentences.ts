import type { RefusalCode } from '@keylease/shared/contracts/policy'
import type { Candidate, Pair, PolicyFacts, PolicyGrant } from './policy-facts'

export function explainAllowed({ agent }: PolicyFacts, { key, grant, maxTtlSeconds }: Candidate): string {
  const whose = grant.agentId === agent.id ? 'its own' : grant.projectId !== null ? "its project's" : "its team's"
  return `The agent may use the key ${key.id} for at most ${maxTtlSeconds} seconds at a time, by ${whose} grant for ${nameTarget(grant)}.`
}

export function explainRefused(facts: PolicyFacts, code: RefusalCode, pair?: Pair): string {
  if (code === 'agent_disabled') return 'The agent is disabled. Enable it first.'
  if (!pair || code === 'no_grant') return explainNoGrant(facts)
  return sentences[code](facts, pair)
}

function explainNoGrant({ request }: PolicyFacts): string {
  const what =
    request.keyId === undefined
      ? `a key of ${request.provider === undefined ? 'any provider' : `the provider ${request.provider}`}`
      : `the key ${request.keyId}`
  return `Neither the agent nor its project or team is granted ${what}. Create a grant.`
}

type Explain = (facts: PolicyFacts, pair: Pair) => string

const sentences: Record<Exclude<RefusalCode, 'agent_disabled' | 'no_grant'>, Explain> = {
  grant_expired: (_, { grant }) => `The grant ${grant.id} ended at ${grant.expiresAt?.toISOString()}. Extend it or create another.`,
  key_revoked: (_, { key }) => `The key ${key.id} is revoked. Grant another key.`,
  key_disabled: (_, { key }) => `The key ${key.id} is disabled. Enable it first.`,
  key_expired: (_, { key }) => `The key ${key.id} expired at ${key.expiresAt?.toISOString()}. Rotate it.`,
  environment_mismatch: ({ agent }, { key, grant }) =>
    key.environment !== null && key.environment !== agent.environment
      ? `The key ${key.id} is for ${key.environment} and the agent's project is in ${agent.environment}. Use a key of that environment.`
      : `The grant ${grant.id} is for ${grant.environments.join(', ')} and the agent's project is in ${agent.environment}.`,
  delivery_not_allowed: ({ request }, { key }) =>
    `The key ${key.id} may be delivered by ${key.delivery} alone, not by ${request.delivery}. Ask for ${key.delivery} or for none.`,
  address_refused: ({ request }, { grant }) =>
    request.address === null
      ? `The grant ${grant.id} holds for certain addresses alone, and this request names none.`
      : `The grant ${grant.id} does not hold for the address ${request.address}.`,
  outside_hours: (_, { grant: { id, hours } }) =>
    `The grant ${id} holds from ${hours?.from} to ${hours?.to} (${hours?.timeZone}) on ${hours?.days.join(', ')}. Try again then.`,
  operation_not_granted: (_, { grant }) =>
    `The grant ${grant.id} allows the operations ${grant.operations.join(', ')} and not all that are asked for.`,
  model_not_granted: (_, { grant }) => `The grant ${grant.id} allows the models ${grant.models.join(', ')} and not all that are asked for.`,
}

function nameTarget(grant: PolicyGrant): string {
  if (grant.keyId !== null) return 'this key'
  if (grant.provider !== null) return `the provider ${grant.provider}`
  return grant.category === null ? `the tag ${grant.tag}` : `the category ${grant.category}`
}
