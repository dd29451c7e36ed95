const wire = { varint: 0, bytes: 2 }
const decoder = new TextDecoder()

/** An ExportTraceServiceResponse, or a google.rpc.Status, in protobuf, as its JSON would say it; null where it is neither. */
export function readAnswer(bytes: Uint8Array, isOk: boolean): Record<string, unknown> | null {
  const told = readFields(bytes)
  if (told === null) return null
  if (!isOk) return { message: readText(told.get(2)) }
  const partial = told.get(1)
  if (!(partial instanceof Uint8Array)) return {}
  const fields = readFields(partial)
  return fields && { partialSuccess: { rejectedSpans: fields.get(1), errorMessage: readText(fields.get(2)) } }
}

type Field = number | Uint8Array

const readText = (field: Field | undefined): string | undefined => (field instanceof Uint8Array ? decoder.decode(field) : undefined)

/** Numbers and whatever has a length: nothing else is in them. */
function readFields(bytes: Uint8Array): Map<number, Field> | null {
  const fields = new Map<number, Field>()
  let at = 0
  const readVarint = () => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  while (at < bytes.length) {
    const tag = readVarint()
    const value = readVarint()
    const isBytes = (tag & 7) === wire.bytes
    if (!Number.isFinite(tag + value) || (!isBytes && (tag & 7) !== wire.varint) || (isBytes && at + value > bytes.length)) return null
    fields.set(tag >>> 3, isBytes ? bytes.subarray(at, at + value) : value)
    if (isBytes) at += value
  }
  return fields
}
