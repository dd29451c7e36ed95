/** What the service says of a lease. In words of our own, for the types of the contract would ask whoever installs the SDK for zod. */
export interface IssuedFacts {
  id: string
  provider: string
  delivery: 'gateway' | 'direct' | 'minted'
  baseUrl: string
  origins: readonly string[]
  scope: LeaseScope
  issuedAt: string
  serverTime: string
  expiresInMs: number
}

/** Whose the lease is, and what it is good for. */
export interface LeaseScope {
  organizationId: string
  projectId: string
  agentId: string
  environment: 'development' | 'staging' | 'production'
  keyId: string
  keyVersionId: string
  grantId: string
  /** Exact names, or beginnings that end in `*`; empty restricts nothing. */
  models: readonly string[]
  operations: readonly string[]
  requestsPerMinute: number | null
  tokensPerMinute: number | null
  defaultMaxOutputTokens: number | null
}
