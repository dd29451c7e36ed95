import type { LogSignal, SpanSignal } from '../otlp/signal'
import { isSpanId, isTraceId } from '../otlp/signal'
import type { ObservedCall } from './call'
import type { Dialect, LogDialect } from './dialect'
import { sharedNames } from './names'
import { toObservedCall } from './observed-call'
import { toRecordIdentity } from './record-identity'
import { dialects, logDialects } from './registry'

/** One call of a model as an instrumentation tells it. Null where a span is none, or stands above those that are. */
export function readObservedSpan(span: SpanSignal): ObservedCall | 'malformed' | null {
  const dialect = findDialect(span)
  const kind = dialect?.readKind(span) ?? null
  if (!dialect || kind === null) return null
  const endMs = span.endMs > 0 ? span.endMs : span.startMs
  if (!isTraceId(span.traceId) || !isSpanId(span.spanId) || !isTime(endMs)) return 'malformed'
  return toObservedCall({
    own: span.attributes,
    resource: span.resource,
    scope: span.scope,
    kind,
    names: dialect.names ?? sharedNames,
    unpacked: dialect.unpack?.(span.attributes) ?? null,
    findRules: (provider, attributes) => dialect.findRules?.({ name: span.name, scope: span.scope, attributes, provider }) ?? {},
    countsItself: dialect.countsItself?.(span) ?? false,
    startMs: span.startMs > 0 ? span.startMs : null,
    endMs,
    isFailed: span.statusCode === 2,
    exceptionType: findException(span),
    identity: { kind: 'span', traceId: span.traceId, spanId: span.spanId },
    trace: { traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId },
    provider: null,
  })
}

/** The same of a log event, which is where coding agents tell what they use. */
export function readObservedLog(record: LogSignal): ObservedCall | 'malformed' | null {
  const dialect = findLogDialect(record)
  const kind = dialect?.readKind(record) ?? null
  if (!dialect || kind === null) return null
  const timeMs = record.timeMs > 0 ? record.timeMs : Date.parse(String(record.attributes['event.timestamp']))
  if (!isTime(timeMs)) return 'malformed'
  return toObservedCall({
    own: record.attributes,
    resource: record.resource,
    scope: record.scope,
    kind,
    names: dialect.names,
    unpacked: dialect.unpack?.(record.attributes) ?? null,
    findRules: () => dialect.rules,
    countsItself: false,
    startMs: null,
    endMs: timeMs,
    isFailed: false,
    exceptionType: null,
    identity: toRecordIdentity(record),
    trace: {
      traceId: isTraceId(record.traceId) ? record.traceId : null,
      spanId: isSpanId(record.spanId) ? record.spanId : null,
      parentSpanId: null,
    },
    provider: dialect.findProvider(record),
  })
}

const latestMs = 8.64e15
const isTime = (ms: number): boolean => ms > 0 && ms <= latestMs

const findDialect = ({ scope, attributes }: SpanSignal): Dialect | undefined =>
  dialects.find(({ scopes }) => scopes?.test(scope.name)) ??
  dialects.find(({ marks }) => marks.some((mark) => attributes[mark] !== undefined))

const findLogDialect = ({ name, scope, body, resource }: LogSignal): LogDialect | undefined =>
  logDialects.find(
    ({ events, program }) => events.includes(name) && program.test(`${name} ${scope.name} ${body} ${resource['service.name']}`),
  )

function findException({ events }: SpanSignal): string | null {
  const type = events.find(({ name }) => name === 'exception')?.attributes['exception.type']
  return typeof type === 'string' ? type : null
}
