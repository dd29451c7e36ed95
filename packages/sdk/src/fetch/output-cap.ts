import { fillMember } from '@keylease/shared/metering/fill-member'
import type { RequestReading } from '@keylease/shared/metering/reading'

/** On the answer to a request that got one, and only there. */
export const outputCapHeader = 'x-keylease-max-output-tokens'

export interface CappedRequest {
  bytes: Uint8Array<ArrayBuffer>
  request: RequestReading
}

/** The request with the most output tokens that its grant fills in; null where none can be told. */
export function fillOutputCap(
  bytes: Uint8Array,
  path: readonly string[],
  cap: number,
  read: (bytes: Uint8Array) => RequestReading,
): CappedRequest | null {
  const filled = fillMember(bytes, path, cap)
  if (filled === null) return null
  const request = read(filled)
  // Where it is still not told, something else in the request made no sense: that is the provider's to refuse.
  return request.maxOutputTokens === null ? null : { bytes: new Uint8Array(filled), request }
}
