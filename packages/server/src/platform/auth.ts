import { createHash, timingSafeEqual } from 'node:crypto'
import type { Permission, Role } from '@keylease/shared/contracts/permissions'
import { Secret } from '@keylease/shared/secret'
import type { Network } from './request/address'

export interface RequestFacts {
  id: string
  address: string
  userAgent: string
}

/** What a request shows: a bearer token, or the cookies of a browser. */
export interface Credential {
  bearer: Secret | null
  cookie: Secret | null
}

/** Who a credential belongs to, and what it may do. */
export interface Principal {
  /** `service`: Keylease itself, in audit entries of what it did unasked. */
  kind: 'bootstrap' | 'platform-key' | 'workload' | 'person' | 'service'
  id: string
  name: string
  organizationId: string
  permissions: ReadonlySet<Permission>
  /** The whole organization, or the teams beyond which this principal sees nothing. */
  reach: 'organization' | readonly string[]
  role?: Role
  memberId?: string
  userId?: string
  sessionId?: string
  agentId?: string
  requestsPerMinute?: number
  /** When the credential ends: nothing that is given for it lasts longer. */
  expiresAt?: Date
  /** What the token of a workload calls it. */
  subject?: string
  /** From where alone it may come; absent or empty is from anywhere. */
  networks?: readonly Network[]
}

/** What has the shape of a credential and opens nothing: why, and whose it was. */
export interface RefusedCredential {
  refused: 'malformed' | 'unknown' | 'expired' | 'revoked' | 'agent_stopped' | WorkloadRefusal
  principal?: Principal
  /** The tenant that it names, where it belongs to nobody there. */
  organizationId?: string
  /** More for the eyes of that tenant: nothing that a caller sent unchecked. */
  detail?: Record<string, string>
}

/** Why the token of a workload opens nothing. */
type WorkloadRefusal =
  | 'wrong_audience'
  | 'untrusted_issuer'
  | 'unsupported_algorithm'
  | 'not_yet_valid'
  | 'lives_too_long'
  | 'issuer_unreachable'
  | 'unknown_signing_key'
  | 'bad_signature'
  | 'no_rule_fits'
  | 'ambiguous_rules'

export interface IdempotencyClaim {
  key: string
  route: string
  /** Target and body, as one text. */
  request: string
  secretResponse: boolean
}

/** A principal in the act of one request: what services take and audit entries name. */
export interface Actor extends Principal {
  request: RequestFacts
  idempotency?: IdempotencyClaim
}

/** What signing in needs of the request itself, and may put on its answer. */
export interface Exchange {
  facts: RequestFacts
  credential: Credential
  /** The origin by which the browser reached us. */
  origin: string
  setCookie(line: string): void
}

/** One kind of credential. `null` says that it is none of its own, or that there is no more to say. */
export interface Authenticator {
  authenticate(credential: Credential, facts: RequestFacts): Promise<Principal | RefusedCredential | null>
}

export function readCredential(authorization: string | undefined, cookie: string | undefined): Credential {
  const match = /^Bearer ([\x21-\x7e]{16,16384})$/i.exec(authorization ?? '')
  return { bearer: match?.[1] ? new Secret(match[1]) : null, cookie: cookie && !authorization ? new Secret(cookie) : null }
}

export async function findPrincipal(
  authenticators: readonly Authenticator[],
  credential: Credential,
  facts: RequestFacts,
): Promise<Principal | RefusedCredential | null> {
  if (!credential.bearer && !credential.cookie) return null
  for (const authenticator of authenticators) {
    const found = await authenticator.authenticate(credential, facts)
    if (found) return found
  }
  return null
}

/** Equal length and equal time, whatever was sent. */
export function isSameToken(given: Secret, expected: Secret | undefined): boolean {
  return expected !== undefined && timingSafeEqual(digest(given), digest(expected))
}

const digest = (token: Secret) => createHash('sha256').update(token.reveal()).digest()
