const encoder = new TextEncoder()
/** Of one unit of a string in UTF-8. */
const mostBytes = 3
const mostUnits = 64 * 1024
let scratch = new Uint8Array(0)

/** The bytes of a body, for reading at once: those of a text lie where the next one's will. */
export function viewBytes(body: Uint8Array | string): Uint8Array {
  if (typeof body !== 'string' || body.length > mostUnits) return toBytes(body)
  if (scratch.length < body.length * mostBytes) scratch = new Uint8Array(body.length * mostBytes)
  return scratch.subarray(0, encoder.encodeInto(body, scratch).written)
}

export const toBytes = <T extends Uint8Array>(body: T | string): T | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' ? encoder.encode(body) : body
