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

interface Origin {
  resource: Attributes
  scope: Scope
}

export interface SpanSignal extends Origin {
  traceId: Buffer
  spanId: Buffer
  parentSpanId: Buffer | null
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
  events: readonly { name: string; attributes: Attributes }[]
}

export interface LogSignal extends Origin {
  traceId: Buffer
  spanId: Buffer
  timeMs: number
  /** The name of the event: its own field, or the attribute `event.name` of those that came before it. */
  name: string
  /** Where it is a text. */
  body: string
  attributes: Attributes
}

/** What one request holds at most of everything: what is beyond is dropped and counted, or refused where it cannot be. */
export const otlpLimits = {
  records: 50_000,
  attributes: 256,
  nameBytes: 256,
  textBytes: 16_384,
  items: 256,
  depth: 6,
  events: 16,
} as const

/** The body is not OTLP. */
export class MalformedOtlp extends Error {
  override readonly name = 'MalformedOtlp'
}

export const emptyAttributes: Attributes = Object.freeze(Object.create(null) as Attributes)

const traceIdBytes = 16
const spanIdBytes = 8

export const isTraceId = (bytes: Uint8Array) => bytes.byteLength === traceIdBytes && bytes.some((byte) => byte !== 0)
export const isSpanId = (bytes: Uint8Array) => bytes.byteLength === spanIdBytes && bytes.some((byte) => byte !== 0)
