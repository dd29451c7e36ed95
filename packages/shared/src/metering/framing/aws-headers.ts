import { toText } from '../bytes'

export interface AwsHeaders {
  messageType?: string
  eventType?: string
  exceptionType?: string
  errorCode?: string
}

const wanted: Readonly<Record<string, keyof AwsHeaders>> = {
  ':message-type': 'messageType',
  ':event-type': 'eventType',
  ':exception-type': 'exceptionType',
  ':error-code': 'errorCode',
}

/** Bytes of a value by its type: two booleans, byte, short, int, long, [bytes, string], timestamp, UUID. */
const fixedLengths: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16]
const STRING = 7

/** https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html; stops at what it does not know. */
export function readAwsHeaders(bytes: Uint8Array): AwsHeaders {
  const headers: AwsHeaders = {}
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at < bytes.length) {
    const nameEnd = at + 1 + (bytes[at] ?? 0)
    const type = bytes[nameEnd]
    if (type === undefined || type >= fixedLengths.length) return headers
    const name = toText(bytes.subarray(at + 1, nameEnd))
    at = nameEnd + 1
    let length = fixedLengths[type]
    if (length === undefined) {
      if (at + 2 > bytes.length) return headers
      length = view.getUint16(at)
      at += 2
    }
    const field = Object.hasOwn(wanted, name) ? wanted[name] : undefined
    if (field !== undefined && type === STRING) headers[field] = toText(bytes.subarray(at, at + length))
    at += length
  }
  return headers
}
