import { idOf, isObject, type JsonObject, listOf, memberOf, textOf, timeMsOf, toAttributes } from './json-attributes'
import { type Attributes, emptyAttributes, MalformedOtlp, otlpLimits, type Scope, type SpanSignal } from './signal'

/** The spans of an ExportTraceServiceRequest in OTLP/JSON: camelCase names, hex ids, whole numbers as text or as numbers. */
export function readJsonTraces(body: Buffer): SpanSignal[] {
  const request = parse(body)
  const spans: SpanSignal[] = []
  for (const resourceSpans of listOf(request, 'resourceSpans')) {
    const resource = attributesOf(memberOf(resourceSpans, 'resource'))
    for (const scopeSpans of listOf(resourceSpans, 'scopeSpans')) {
      const scope = toScope(memberOf(scopeSpans, 'scope'))
      for (const span of listOf(scopeSpans, 'spans')) {
        if (spans.length >= otlpLimits.records) throw new MalformedOtlp(`the body holds more than ${otlpLimits.records} spans`)
        spans.push(toSpan(span, resource, scope))
      }
    }
  }
  return spans
}

function parse(body: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (isObject(value)) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new MalformedOtlp('the body is not a JSON object')
}

const attributesOf = (holder: unknown): Attributes => (isObject(holder) ? toAttributes(listOf(holder, 'attributes')) : emptyAttributes)

const toScope = (scope: unknown): Scope =>
  isObject(scope)
    ? { name: textOf(scope, 'name', otlpLimits.nameBytes), version: textOf(scope, 'version', otlpLimits.nameBytes) }
    : { name: '', version: '' }

function toSpan(span: JsonObject, resource: Attributes, scope: Scope): SpanSignal {
  const parent = idOf(span, 'parentSpanId')
  const status = memberOf(span, 'status')
  return {
    traceId: idOf(span, 'traceId'),
    spanId: idOf(span, 'spanId'),
    parentSpanId: parent.byteLength === 0 ? null : parent,
    name: textOf(span, 'name', otlpLimits.nameBytes),
    kind: smallNumber(memberOf(span, 'kind')),
    startMs: timeMsOf(span, 'startTimeUnixNano'),
    endMs: timeMsOf(span, 'endTimeUnixNano'),
    attributes: attributesOf(span),
    statusCode: isObject(status) ? smallNumber(memberOf(status, 'code')) : 0,
    statusMessage: isObject(status) ? textOf(status, 'message', 1_024) : '',
    events: listOf(span, 'events')
      .slice(0, otlpLimits.events)
      .map((event) => ({ name: textOf(event, 'name', otlpLimits.nameBytes), attributes: attributesOf(event) })),
    resource,
    scope,
  }
}

const smallNumber = (value: unknown): number => (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256 ? Number(value) : 0)
