/** OTLP as the protocol files write it: requests in OTLP/JSON become the protobuf that says the same. */
type Kind = 'text' | 'hex' | 'varint' | 'int64' | 'fixed64' | 'double' | 'bool' | (() => Shape)
interface Shape {
  [name: string]: [number: number, kind: Kind]
}

const anyValue: Shape = {
  stringValue: [1, 'text'],
  boolValue: [2, 'bool'],
  intValue: [3, 'int64'],
  doubleValue: [4, 'double'],
  arrayValue: [5, () => ({ values: [1, () => anyValue] })],
  kvlistValue: [6, () => ({ values: [1, () => keyValue] })],
}
const keyValue: Shape = { key: [1, 'text'], value: [2, () => anyValue] }
const resource: Shape = { attributes: [1, () => keyValue] }
const scope: Shape = { name: [1, 'text'], version: [2, 'text'] }
const event: Shape = { timeUnixNano: [1, 'fixed64'], name: [2, 'text'], attributes: [3, () => keyValue] }
const span: Shape = {
  traceId: [1, 'hex'],
  spanId: [2, 'hex'],
  parentSpanId: [4, 'hex'],
  name: [5, 'text'],
  kind: [6, 'varint'],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  attributes: [9, () => keyValue],
  events: [11, () => event],
  status: [15, () => ({ message: [2, 'text'], code: [3, 'varint'] })],
}
const log: Shape = {
  timeUnixNano: [1, 'fixed64'],
  severityNumber: [2, 'varint'],
  severityText: [3, 'text'],
  body: [5, () => anyValue],
  attributes: [6, () => keyValue],
  traceId: [9, 'hex'],
  spanId: [10, 'hex'],
  observedTimeUnixNano: [11, 'fixed64'],
  eventName: [12, 'text'],
}
const points: Shape = { dataPoints: [1, () => ({ timeUnixNano: [3, 'fixed64'] })] }
const metric: Shape = {
  name: [1, 'text'],
  gauge: [5, () => points],
  sum: [7, () => points],
  histogram: [9, () => points],
  exponentialHistogram: [10, () => points],
  summary: [11, () => points],
}

const toRequestShape = (resources: string, scopes: string, records: string, record: Shape): Shape => ({
  [resources]: [
    1,
    () => ({ resource: [1, () => resource], [scopes]: [2, () => ({ scope: [1, () => scope], [records]: [2, () => record] })] }),
  ],
})
const requests = {
  traces: toRequestShape('resourceSpans', 'scopeSpans', 'spans', span),
  logs: toRequestShape('resourceLogs', 'scopeLogs', 'logRecords', log),
  metrics: toRequestShape('resourceMetrics', 'scopeMetrics', 'metrics', metric),
}

export const toProtobuf = (signal: keyof typeof requests, request: object): Buffer => encode(requests[signal], request)

function encode(shape: Shape, message: object): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of Object.entries(message)) {
    const [number, kind] = shape[name] ?? [0, 'text']
    if (number === 0) throw new Error(`The protocol has no field ${name} here.`)
    for (const item of Array.isArray(value) ? value : [value]) parts.push(encodeField(number, kind, item))
  }
  return Buffer.concat(parts)
}

function encodeField(number: number, kind: Kind, value: unknown): Buffer {
  if (kind === 'varint' || kind === 'int64' || kind === 'bool') {
    return Buffer.concat([varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(value as number)))])
  }
  if (kind === 'fixed64' || kind === 'double') {
    const bytes = Buffer.alloc(8)
    if (kind === 'double') bytes.writeDoubleLE(Number(value))
    else bytes.writeBigUInt64LE(BigInt(value as string))
    return Buffer.concat([varint(BigInt((number << 3) | 1)), bytes])
  }
  const bytes = typeof kind === 'function' ? encode(kind(), value as object) : Buffer.from(value as string, kind === 'hex' ? 'hex' : 'utf8')
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.byteLength)), bytes])
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}
