import type { SpanEdge } from '../usage/service'
import type { LeasedCall, ObservedCall } from './dialects/call'
import { readLeasedCall } from './dialects/keylease'
import { readObservedLog, readObservedSpan } from './dialects/observe'
import type { Signal } from './otlp/answer'
import type { OtlpEncoding } from './otlp/encoding'
import { readJsonLogs } from './otlp/json-logs'
import { countJsonMetrics } from './otlp/json-metrics'
import { readJsonTraces } from './otlp/json-traces'
import { readProtobufLogs } from './otlp/protobuf-logs'
import { countProtobufMetrics } from './otlp/protobuf-metrics'
import { readProtobufTraces } from './otlp/protobuf-traces'
import type { LogSignal, SpanSignal } from './otlp/signal'
import { isAboutModels, keepEdges, toSpanEdge } from './span-edges'

/** What one request tells of calls, and how much else it held. */
export interface ReadBatch {
  leased: LeasedCall[]
  observed: ObservedCall[]
  /** As many as are kept, first those in traces about models. */
  edges: SpanEdge[]
  /** Records, or data points, that tell of no call. */
  dropped: number
  /** Records that claim to be a call and are not one. */
  malformed: number
}

/** Pure, because a worker does the same for large bodies. */
export function readBatch(signal: Signal, encoding: OtlpEncoding, body: Buffer): ReadBatch {
  const batch: ReadBatch = { leased: [], observed: [], edges: [], dropped: 0, malformed: 0 }
  const nearTraces = new Set<string>()
  const isJson = encoding === 'json'
  if (signal === 'metrics') batch.dropped = isJson ? countJsonMetrics(body) : countProtobufMetrics(body)
  else if (signal === 'logs') (isJson ? readJsonLogs : readProtobufLogs)(body, (log) => addLog(batch, log))
  else (isJson ? readJsonTraces : readProtobufTraces)(body, (span) => addSpan(batch, span, nearTraces))
  batch.edges = keepEdges(batch.edges, nearTraces)
  return batch
}

function addSpan(batch: ReadBatch, span: SpanSignal, nearTraces: Set<string>): void {
  const leased = readLeasedCall(span)
  if (leased === 'malformed') batch.malformed++
  else if (leased) {
    batch.leased.push(leased)
    if (leased.parentSpanId !== null) nearTraces.add(span.traceId)
  } else {
    const observed = readObservedSpan(span)
    addObserved(batch, observed)
    if (observed !== null || isAboutModels(span)) nearTraces.add(span.traceId)
    const edge = observed === null ? toSpanEdge(span) : null
    if (edge) batch.edges.push(edge)
  }
}

const addLog = (batch: ReadBatch, log: LogSignal) => addObserved(batch, readObservedLog(log))

function addObserved(batch: ReadBatch, call: ObservedCall | 'malformed' | null): void {
  if (call === 'malformed') batch.malformed++
  else if (call) batch.observed.push(call)
  else batch.dropped++
}
