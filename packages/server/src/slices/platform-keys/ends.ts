import type { PlatformKey } from '@keylease/shared/contracts/platform-keys'
import { AppError } from '../../platform/errors'

/** A key that has ended stays so: neither a change nor a new token brings it back. */
export function refuseEnded({ status }: PlatformKey): void {
  if (status === 'active') return
  const message = `This key ${status === 'revoked' ? 'was revoked' : 'has expired'} and stays so. Create a new one.`
  throw new AppError('key_not_usable', { message })
}

export function requireFuture(expiresAt: string, now: Date): void {
  if (new Date(expiresAt) <= now) throw explainEnd('must be in the future')
}

export function requireEarlierEnd(expiresAt: string, present: Date | null, now: Date): void {
  requireFuture(expiresAt, now)
  if (present !== null && new Date(expiresAt) > present) throw explainEnd('may only be earlier than it is; create a new key to last longer')
}

function explainEnd(problem: string): AppError {
  const message = `The request is not valid: expiresAt ${problem}.`
  return new AppError('invalid_request', { message, details: { fields: [{ field: 'expiresAt', problem }] } })
}
