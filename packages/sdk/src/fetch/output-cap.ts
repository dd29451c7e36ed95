import { fillMember } from '@keylease/shared/metering/fill-member'
import type { RequestReading } from '@keylease/shared/metering/reading'
import type { Operation } from '@keylease/shared/providers/operation'
import type { Lease } from '../leases/lease'

/** On the answer to a request that got one, and only there. */
export const outputCapHeader = 'x-keylease-max-output-tokens'

export interface CappedRequest {
  bytes: Uint8Array<ArrayBuffer>
  request: RequestReading
}

/** The request with the most output tokens that its grant fills in; null where it says its own, or none can be told. */
export function fillOutputCap(
  { scope }: Pick<Lease, 'scope'>,
  { request: { outputCap } }: Operation,
  bytes: Uint8Array,
  request: RequestReading,
  read: (bytes: Uint8Array) => RequestReading,
): CappedRequest | null {
  const cap = scope.defaultMaxOutputTokens
  if (typeof cap !== 'number' || outputCap === undefined || request.maxOutputTokens !== null) return null
  const filled = fillMember(bytes, outputCap, cap)
  if (filled === null) return null
  const capped = read(filled)
  // Where it is still not told, something else in the request made no sense: that is the provider's to refuse.
  return capped.maxOutputTokens === null ? null : { bytes: new Uint8Array(filled), request: capped }
}
