import type { OtlpEncoding } from './encoding'

/** Rejected records and why; zero with a message is a warning. */
export interface PartialSuccess {
  rejected: number
  message: string
}

export type Signal = 'traces' | 'logs' | 'metrics'

const rejectedNames: Record<Signal, string> = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' }

/** An Export…ServiceResponse in the encoding of its request. Full success says nothing at all. */
export function encodeResponse(encoding: OtlpEncoding, signal: Signal, partial: PartialSuccess | null): Buffer {
  if (encoding === 'json') {
    if (!partial) return Buffer.from('{}')
    const rejected = partial.rejected === 0 ? {} : { [rejectedNames[signal]]: String(partial.rejected) }
    return Buffer.from(JSON.stringify({ partialSuccess: { ...rejected, errorMessage: partial.message } }))
  }
  if (!partial) return Buffer.alloc(0)
  const rejected = partial.rejected === 0 ? [] : [0x08, ...encodeVarint(partial.rejected)]
  return wrap(0x0a, Buffer.concat([Buffer.from(rejected), wrap(0x12, Buffer.from(partial.message))]))
}

/** A google.rpc.Status in the encoding of its request: clients need its message alone. In JSON our own error stands beside it. */
export function encodeStatus(encoding: OtlpEncoding, message: string, error: object): Buffer {
  return encoding === 'json' ? Buffer.from(JSON.stringify({ ...error, message })) : wrap(0x12, Buffer.from(message))
}

const wrap = (tag: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([tag, ...encodeVarint(bytes.byteLength)]), bytes])

function encodeVarint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}
