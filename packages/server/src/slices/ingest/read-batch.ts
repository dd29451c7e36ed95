import type { ObservedCall } from './dialects/call'
import { type LeasedCall, readLeasedCall } from './dialects/keylease'
import { readObservedLog, readObservedSpan } from './dialects/observe'
import type { Signal } from './otlp/answer'
import type { OtlpEncoding } from './otlp/encoding'
import { readJsonLogs } from './otlp/json-logs'
import { countJsonMetrics } from './otlp/json-metrics'
import { readJsonTraces } from './otlp/json-traces'
import { readProtobufLogs } from './otlp/protobuf-logs'
import { countProtobufMetrics } from './otlp/protobuf-metrics'
import { readProtobufTraces } from './otlp/protobuf-traces'
import { isSpanId, isTraceId, type LogSignal, type SpanSignal } from './otlp/signal'

/** A span that tells of no call, but of what stands above it. */
interface SpanEdge {
  traceId: Buffer
  spanId: Buffer
  parentSpanId: Buffer
}

/** What one request tells of calls, and how much else it held. */
export interface ReadBatch {
  leased: LeasedCall[]
  observed: ObservedCall[]
  /** As many as are kept, first those in traces of the calls that came with them. */
  edges: SpanEdge[]
  /** Records, or data points, that tell of no call. */
  dropped: number
  /** Records that claim to be a call and are not one. */
  malformed: number
}

const maximumEdges = 2_000
/** Of a provider's usage object: deeper ones no provider writes, and neither another thread nor the database could take them. */
const deepestRaw = 32

/** Pure, because a worker does the same for large bodies. */
export function readBatch(signal: Signal, encoding: OtlpEncoding, body: Buffer): ReadBatch {
  const batch: ReadBatch = { leased: [], observed: [], edges: [], dropped: 0, malformed: 0 }
  const isJson = encoding === 'json'
  if (signal === 'metrics') batch.dropped = isJson ? countJsonMetrics(body) : countProtobufMetrics(body)
  else if (signal === 'logs') (isJson ? readJsonLogs : readProtobufLogs)(body, (log) => addLog(batch, log))
  else (isJson ? readJsonTraces : readProtobufTraces)(body, (span) => addSpan(batch, span))
  for (const { reading } of [...batch.leased, ...batch.observed]) if (isDeeper(reading.raw, deepestRaw)) reading.raw = null
  batch.edges = keepEdges(batch)
  return batch
}

function addSpan(batch: ReadBatch, span: SpanSignal): void {
  const leased = readLeasedCall(span)
  if (leased === 'malformed') batch.malformed++
  else if (leased) batch.leased.push(leased)
  else {
    const observed = readObservedSpan(span)
    addObserved(batch, observed)
    if (observed === null) addEdge(batch, span)
  }
}

const addLog = (batch: ReadBatch, log: LogSignal) => addObserved(batch, readObservedLog(log))

function addObserved(batch: ReadBatch, call: ObservedCall | 'malformed' | null): void {
  if (call === 'malformed') batch.malformed++
  else if (call) batch.observed.push(call)
  else batch.dropped++
}

function addEdge(batch: ReadBatch, { traceId, spanId, parentSpanId }: SpanSignal): void {
  if (parentSpanId === null || !isTraceId(traceId) || !isSpanId(spanId) || !isSpanId(parentSpanId)) return
  batch.edges.push({ traceId, spanId, parentSpanId })
}

function keepEdges({ observed, edges }: ReadBatch): SpanEdge[] {
  if (edges.length <= maximumEdges) return edges
  const traces = new Set(observed.map(({ traceId }) => traceId?.toString('hex')))
  const { near = [], far = [] } = Object.groupBy(edges, ({ traceId }) => (traces.has(traceId.toString('hex')) ? 'near' : 'far'))
  return [...near, ...far].slice(0, maximumEdges)
}

const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === 'object' && value !== null && (depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1)))
