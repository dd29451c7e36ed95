interface AnyValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string
  doubleValue?: number
  arrayValue?: { values: AnyValue[] }
}

interface Span {
  traceId: string
  spanId: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: AnyValue }[]
}

export interface ExportBody {
  resourceSpans: {
    resource: { attributes: Span['attributes'] }
    scopeSpans: { scope: { name: string; version: string }; spans: Span[] }[]
  }[]
}

/** The same ExportTraceServiceRequest in protobuf: what a bench sends has to be of both kinds, and nothing more than that is written. */
export const toProtobuf = ({ resourceSpans }: ExportBody): Buffer =>
  Buffer.concat(
    resourceSpans.map(({ resource, scopeSpans }) =>
      message(1, [
        message(1, resource.attributes.map(toKeyValue(1))),
        ...scopeSpans.map(({ scope, spans }) =>
          message(2, [message(1, [text(1, scope.name), text(2, scope.version)]), ...spans.map((span) => message(2, toSpan(span)))]),
        ),
      ]),
    ),
  )

const toSpan = (span: Span): Buffer[] => [
  bytes(1, Buffer.from(span.traceId, 'hex')),
  bytes(2, Buffer.from(span.spanId, 'hex')),
  text(5, span.name),
  Buffer.concat([tag(6, 0), varint(BigInt(span.kind))]),
  fixed64(7, span.startTimeUnixNano),
  fixed64(8, span.endTimeUnixNano),
  ...span.attributes.map(toKeyValue(9)),
]

const toKeyValue =
  (field: number) =>
  ({ key, value }: Span['attributes'][number]): Buffer =>
    message(field, [text(1, key), message(2, [toAnyValue(value)])])

function toAnyValue({ stringValue, boolValue, intValue, doubleValue, arrayValue }: AnyValue): Buffer {
  if (stringValue !== undefined) return text(1, stringValue)
  if (boolValue !== undefined) return Buffer.concat([tag(2, 0), varint(boolValue ? 1n : 0n)])
  if (intValue !== undefined) return Buffer.concat([tag(3, 0), varint(BigInt.asUintN(64, BigInt(intValue)))])
  if (doubleValue !== undefined) return Buffer.concat([tag(4, 1), writeDouble(doubleValue)])
  return message(
    5,
    (arrayValue?.values ?? []).map((item) => message(1, [toAnyValue(item)])),
  )
}

const message = (field: number, parts: readonly Buffer[]): Buffer => bytes(field, Buffer.concat(parts))
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value))
const bytes = (field: number, value: Buffer): Buffer => Buffer.concat([tag(field, 2), varint(BigInt(value.byteLength)), value])
const tag = (field: number, wire: number): Buffer => varint(BigInt((field << 3) | wire))

function fixed64(field: number, value: string): Buffer {
  const written = Buffer.alloc(8)
  written.writeBigUInt64LE(BigInt(value))
  return Buffer.concat([tag(field, 1), written])
}

function writeDouble(value: number): Buffer {
  const written = Buffer.alloc(8)
  written.writeDoubleLE(value)
  return written
}

function varint(value: bigint): Buffer {
  const written: number[] = []
  let rest = value
  while (rest >= 0x80n) {
    written.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return Buffer.from([...written, Number(rest)])
}
