/** A value as it was sent: 64-bit numbers that a double cannot hold are decimal text, bytes are dropped. */
export type AttributeValue = string | number | boolean | readonly AttributeValue[] | Attributes

/** Without a prototype, so that a name such as `__proto__` is data like any other. */
export interface Attributes {
  readonly [name: string]: AttributeValue
}

export interface Scope {
  name: string
  version: string
}

/** What records share. */
export interface Origin {
  resource: Attributes
  scope: Scope
}

export interface SpanEvent {
  name: string
  attributes: Attributes
}

/** Ids are hex in lower case, and empty where there is none. */
export interface SpanSignal extends Origin {
  traceId: string
  spanId: string
  parentSpanId: string | null
  name: string
  kind: number
  /** Milliseconds since 1970, with fractions. */
  startMs: number
  endMs: number
  attributes: Attributes
  /** 0 unset, 1 ok, 2 error. */
  statusCode: number
  statusMessage: string
  /** Names and attributes of its events, as many as are kept. */
  events: readonly SpanEvent[]
}

export interface LogSignal extends Origin {
  traceId: string
  spanId: string
  timeMs: number
  /** The name of the event: its own field, or the attribute `event.name` of those that came before it. */
  name: string
  /** Where it is a text. */
  body: string
  attributes: Attributes
}

/** A log record as it was sent. */
export interface LogParts extends Omit<LogSignal, 'body'> {
  observedMs: number
  body: AttributeValue | null
}

/** A record without a time of its own happened when it was seen. */
export function toLogSignal({ observedMs, ...log }: LogParts): LogSignal {
  const named = log.attributes['event.name']
  return {
    ...log,
    timeMs: log.timeMs === 0 ? observedMs : log.timeMs,
    name: log.name === '' && typeof named === 'string' ? named.slice(0, otlpLimits.nameBytes) : log.name,
    body: typeof log.body === 'string' ? log.body : '',
  }
}

/** What one request holds at most of everything: what is beyond is dropped and counted, or refused where it cannot be. */
export const otlpLimits = {
  records: 50_000,
  attributes: 256,
  nameBytes: 256,
  textBytes: 16_384,
  messageBytes: 1_024,
  items: 256,
  depth: 6,
  events: 16,
} as const

/** The body is not OTLP. */
export class MalformedOtlp extends Error {
  override readonly name = 'MalformedOtlp'
}

export const emptyAttributes: Attributes = Object.freeze(Object.create(null) as Attributes)
export const emptyScope: Scope = Object.freeze({ name: '', version: '' })

/** How many records a body held so far; it refuses the one too many. */
export class RecordCount {
  #count = 0

  add(): void {
    if (++this.#count > otlpLimits.records) throw new MalformedOtlp(`the body holds more than ${otlpLimits.records} records`)
  }
}

/** Where a text ends that is cut to so many bytes: never inside a character. */
export function cutBytes(bytes: Uint8Array, start: number, end: number, maximum: number): number {
  if (end - start <= maximum) return end
  let cut = start + maximum
  for (let i = 0; i < 3 && ((bytes[cut] ?? 0) & 0xc0) === 0x80; i++) cut--
  return cut
}

/** The same of a text. */
export function cutText(text: string, maximum: number): string {
  if (text.length * 3 <= maximum) return text
  const bytes = Buffer.from(text.slice(0, maximum))
  return text.length <= maximum && bytes.byteLength <= maximum
    ? text
    : bytes.toString('utf8', 0, cutBytes(bytes, 0, bytes.byteLength, maximum))
}

const noTraceId = '0'.repeat(32)
const noSpanId = '0'.repeat(16)
/** One more than any id has: what is longer is no id, whatever follows. */
export const longestId = noTraceId.length + 2

/** Of ids as they were decoded: hex, whatever was sent. */
export const isTraceId = (id: string) => id.length === noTraceId.length && id !== noTraceId
export const isSpanId = (id: string) => id.length === noSpanId.length && id !== noSpanId
