import type { RenewedLease } from '@keylease/shared/contracts/lease-bodies'
import type { Config } from '../config'
import { KeyleaseError } from '../errors'
import type { Transport } from '../transport/call'
import type { Lease } from './lease'

/** The service says when to come again: at about a third of what is left. */
export async function renewLease(
  { config, transport }: { config: Config; transport: Transport },
  lease: Lease,
  ttlSeconds: number | undefined,
): Promise<number> {
  const sentAtMs = config.clock.monotonicMs()
  const body = { openedThrough: lease.lastSequence, openIntents: lease.listOpen(), ...(ttlSeconds !== undefined && { ttlSeconds }) }
  const renewed = await transport.call<RenewedLease>('POST', `/v1/leases/${lease.id}/renew`, body, { isBackground: true })
  lease.extend(sentAtMs, renewed.expiresInMs, renewed.token)
  return renewed.renewInMs
}

/** What the service says of the lease itself, not of its own state or of the way to it. */
export const isRefusal = (error: unknown): error is KeyleaseError =>
  KeyleaseError.is(error) && !error.retryable && error.code !== 'config_invalid'

export const isEnd = ({ code }: KeyleaseError): boolean => ends.has(code)
const ends: ReadonlySet<string> = new Set(['lease_revoked', 'lease_expired', 'lease_released', 'not_found', 'unauthenticated'])

const firstDelayMs = 1_000
const longestDelayMs = 60_000

/** So that a thousand agents that lost the service together do not come back together. */
export const backOff = (failures: number): number => Math.min(longestDelayMs, firstDelayMs * 2 ** failures) * (0.5 + Math.random() / 2)
