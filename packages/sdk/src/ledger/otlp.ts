import { genAi } from '@keylease/shared/semconv'
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

let written = ''

function takeValue(name: string, value: string | number | boolean | readonly string[]): void {
  const isKept = typeof value === 'string' && value.length <= longestKept && !unique.has(name)
  const attribute = isKept ? toKept(name, value) : toAttribute(name, value)
  written += written === '' ? attribute.slice(1) : attribute
}

function toAttributes(record: CallRecord): string {
  written = ''
  eachValue(record, takeValue)
  return written
}

/** No two calls have the same. */
const unique: ReadonlySet<string> = new Set([genAi.responseId])
const kept = new Map<string, Map<string, string>>()
const longestKept = 64
const mostKept = 64

/** Most texts of a span are those of the span before it. */
function toKept(name: string, value: string): string {
  const own = kept.get(name) ?? new Map<string, string>()
  const known = own.get(value)
  if (known !== undefined) return known
  // Joined, it is one piece of memory; added up, it would be put together anew each time it is written.
  const attribute = [toKey(name), toAnyValue(value)].join('')
  if (own.size >= mostKept) own.clear()
  kept.set(name, own.set(value, attribute))
  return attribute
}

const keys = new Map<string, string>()

const toAttribute = (name: string, value: string | number | boolean | readonly string[]): string => toKey(name) + toAnyValue(value)

/** Names are few, and the same in each span. */
function toKey(name: string): string {
  const known = keys.get(name)
  if (known !== undefined) return known
  const key = `,{"key":"${name}","value":`
  keys.set(name, key)
  return key
}

/** Nearly every text is as plain as that. */
const toQuoted = (text: string): string => (/^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : JSON.stringify(text))

/** With the brace that closes the attribute. */
function toAnyValue(value: string | number | boolean | readonly string[]): string {
  if (typeof value === 'string') return `{"stringValue":${toQuoted(value)}}}`
  if (typeof value === 'number') return Number.isInteger(value) ? `{"intValue":"${value}"}}` : `{"doubleValue":${value}}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}}`
  return `{"arrayValue":{"values":[${value.map((one) => `{"stringValue":${JSON.stringify(one)}}`).join(',')}]}}}`
}
