import { type CallRecord, eachValue, type Value } from '../src/ledger/record'

/** What a plain encoder makes of the same calls: an ExportTraceServiceRequest in OTLP/JSON. */
export function toExportJson(records: readonly CallRecord[], scope: { name: string; version: string }): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: scope.name } }] }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: records.map(toSpan) }] }] })
}

function toSpan(record: CallRecord): object {
  const { operation, request, status, errorType, parentSpanId } = record
  const attributes: object[] = []
  eachValue(record, (key, value) => attributes.push({ key, value: toAnyValue(value) }))
  return {
    traceId: record.traceId,
    spanId: record.spanId,
    ...(parentSpanId !== null && { parentSpanId }),
    name: request.model === null ? operation : `${operation} ${request.model}`,
    kind: 3,
    startTimeUnixNano: toNanos(record.startedAtMs),
    endTimeUnixNano: toNanos(record.endedAtMs),
    attributes,
    status: status === 'ok' ? {} : { code: 2, message: errorType ?? status },
  }
}

const toNanos = (ms: number): string => `${Math.round(ms * 1_000)}000`

function toAnyValue(value: Value): object {
  if (typeof value === 'object') return { arrayValue: { values: value.map(toAnyValue) } }
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
