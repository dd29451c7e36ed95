import type { DatabaseTime } from './database-time'
import type { LeaseClaims, LeaseTokens } from './lease-tokens'
import type { Revocations } from './revocations'

interface Room {
  leaseTokens: LeaseTokens
  revocations: Revocations
  databaseTime: Pick<DatabaseTime, 'now'>
}

interface RefusedLease {
  refused: 'unknown' | 'expired' | 'revoked'
  /** Whose it was, where it is one of ours. */
  claims: LeaseClaims | null
}

/** A lease token as it is shown with a request: from memory alone. */
export function verifyLeaseToken({ leaseTokens, revocations, databaseTime }: Room, token: string): LeaseClaims | RefusedLease {
  const claims = leaseTokens.read(token)
  if (!claims) return { refused: 'unknown', claims }
  if (claims.expiresAt <= databaseTime.now().getTime()) return { refused: 'expired', claims }
  return revocations.isRevoked(claims) ? { refused: 'revoked', claims } : claims
}
