import type { Hours } from '@keylease/shared/contracts/grant-restrictions'
import type { RefusalCode } from '@keylease/shared/contracts/policy'

type Delivery = 'gateway' | 'direct' | 'minted'

export interface PolicyAgent {
  id: string
  projectId: string
  teamId: string | null
  /** Of its project. */
  environment: string
  enabled: boolean
}

export interface PolicyRequest {
  /** One of the two. */
  provider?: string | undefined
  keyId?: string | undefined
  /** Nothing named asks for whatever the grant allows. */
  models: readonly string[]
  operations: readonly string[]
  /** Null when it is not known: a restriction on addresses then refuses. */
  address: string | null
  delivery?: Delivery | undefined
  ttlSeconds?: number | undefined
  at: Date
}

export interface PolicyKey {
  id: string
  provider: string
  category: string
  tags: readonly string[]
  environment: string | null
  status: string
  delivery: string | null
  expiresAt: Date | null
}

/** A grant of level lease. An empty list and null restrict nothing. */
export interface PolicyGrant {
  id: string
  agentId: string | null
  projectId: string | null
  teamId: string | null
  keyId: string | null
  provider: string | null
  category: string | null
  tag: string | null
  priority: number
  models: readonly string[]
  operations: readonly string[]
  environments: readonly string[]
  addresses: readonly string[]
  hours: Hours | null
  maxTtlSeconds: number | null
  requestsPerMinute: number | null
  tokensPerMinute: number | null
  defaultMaxOutputTokens: number | null
  expiresAt: Date | null
}

export interface PolicyFacts {
  agent: PolicyAgent
  request: PolicyRequest
  keys: readonly PolicyKey[]
  grants: readonly PolicyGrant[]
}

/** What the use is limited to: what was asked for, where something was, within what is granted. */
export interface Restrictions {
  models: readonly string[]
  operations: readonly string[]
  addresses: readonly string[]
  hours: Hours | null
  requestsPerMinute: number | null
  tokensPerMinute: number | null
  defaultMaxOutputTokens: number | null
}

export interface Pair {
  key: PolicyKey
  grant: PolicyGrant
}

export interface Candidate extends Pair {
  restrictions: Restrictions
  maxTtlSeconds: number
}

interface PolicyAllowed extends Candidate {
  allowed: true
  sentence: string
  /** Everything that fits, best first; the first is the decision. */
  candidates: readonly Candidate[]
}

interface PolicyRefused {
  allowed: false
  code: RefusalCode
  sentence: string
}

export type PolicyDecision = PolicyAllowed | PolicyRefused
