import { createHash, timingSafeEqual } from 'node:crypto'
import type { Permission } from '@keylease/shared/contracts/permissions'
import { Secret } from '@keylease/shared/secret'

export interface RequestFacts {
  id: string
  address: string
  userAgent: string
}

/** Who a credential belongs to, and what it may do. */
export interface Principal {
  kind: 'bootstrap' | 'platform-key' | 'person' | 'system'
  id: string
  name: string
  organizationId: string
  permissions: ReadonlySet<Permission>
}

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

/** One kind of credential. `null` says the token is none of its own, or no longer good. */
export interface Authenticator {
  authenticate(token: Secret, facts: RequestFacts): Promise<Principal | null>
}

/** The bearer token of an Authorization header; null when there is none, or it is no token at all. */
export function readBearer(authorization: string | undefined): Secret | null {
  const match = /^Bearer ([\x21-\x7e]{16,512})$/i.exec(authorization ?? '')
  return match?.[1] ? new Secret(match[1]) : null
}

export async function findPrincipal(
  authenticators: readonly Authenticator[],
  token: Secret,
  facts: RequestFacts,
): Promise<Principal | null> {
  for (const authenticator of authenticators) {
    const principal = await authenticator.authenticate(token, facts)
    if (principal) return principal
  }
  return null
}

/** Equal length and equal time, whatever was sent. */
export function isSameToken(given: Secret, expected: Secret | undefined): boolean {
  return expected !== undefined && timingSafeEqual(digest(given), digest(expected))
}

const digest = (token: Secret) => createHash('sha256').update(token.reveal()).digest()
