import { type CallRecord, eachValue } from './record'

/**
 * An ExportTraceServiceRequest in OTLP/JSON, written as text: a tree of objects for every attribute costs ten times as much as what it
 * says.
 */
export function toExportBody(records: readonly CallRecord[], scope: { name: string; version: string }): string {
  const resource = `{"attributes":[{"key":"service.name","value":{"stringValue":${JSON.stringify(scope.name)}}}]}`
  return `{"resourceSpans":[{"resource":${resource},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[${records.map(toSpan).join(',')}]}]}]}`
}

const clientKind = 3
const errorCode = 2

function toSpan(record: CallRecord): string {
  const { traceId, spanId, parentSpanId, operation, request } = record
  const parent = parentSpanId === null ? '' : `,"parentSpanId":"${parentSpanId}"`
  const name = JSON.stringify(request.model === null ? operation : `${operation} ${request.model}`)
  const times = `"startTimeUnixNano":"${toNanos(record.startedAtMs)}","endTimeUnixNano":"${toNanos(record.endedAtMs)}"`
  const head = `"traceId":"${traceId}","spanId":"${spanId}"${parent},"name":${name},"kind":${clientKind},${times}`
  return `{${head},"attributes":[${toAttributes(record)}],"status":${toStatus(record)}}`
}

/** To the microsecond: a number holds no more of a time. */
const toNanos = (ms: number): string => `${Math.round(ms * 1_000)}000`

const toStatus = ({ status, errorType }: CallRecord): string =>
  status === 'ok' ? '{}' : `{"code":${errorCode},"message":${JSON.stringify(errorType ?? status)}}`

function toAttributes(record: CallRecord): string {
  let text = ''
  eachValue(record, (name, value) => {
    text += `${text === '' ? '' : ','}{"key":"${name}","value":${toAnyValue(value)}}`
  })
  return text
}

function toAnyValue(value: string | number | boolean | readonly string[]): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`
  if (typeof value === 'number') return Number.isInteger(value) ? `{"intValue":"${value}"}` : `{"doubleValue":${value}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}`
  return `{"arrayValue":{"values":[${value.map(toAnyValue).join(',')}]}}`
}
