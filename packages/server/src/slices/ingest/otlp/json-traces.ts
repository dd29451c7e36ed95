import { attributesOf, idOf, isObject, type JsonObject, listOf, memberOf, smallNumberOf, textOf, timeMsOf } from './json-attributes'
import { visitJsonRecords } from './json-records'
import { type Attributes, type Origin, otlpLimits, type SpanSignal } from './signal'

const lists = {
  resources: 'resourceSpans',
  scopes: 'scopeSpans',
  records: 'spans',
  members: ['traceId', 'spanId', 'parentSpanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano', 'status', 'events'],
}

/** The spans of an ExportTraceServiceRequest, one after the other. */
export const readJsonTraces = (body: Buffer, visit: (span: SpanSignal) => void): void =>
  visitJsonRecords(body, lists, (span, attributes, origin) => visit(toSpan(span, attributes, origin)))

function toSpan(span: JsonObject, attributes: Attributes, { resource, scope }: Origin): SpanSignal {
  const status = memberOf(span, 'status')
  return {
    traceId: idOf(span, 'traceId'),
    spanId: idOf(span, 'spanId'),
    parentSpanId: idOf(span, 'parentSpanId') || null,
    name: textOf(span, 'name', otlpLimits.nameBytes),
    kind: smallNumberOf(span, 'kind'),
    startMs: timeMsOf(span, 'startTimeUnixNano'),
    endMs: timeMsOf(span, 'endTimeUnixNano'),
    attributes,
    statusCode: isObject(status) ? smallNumberOf(status, 'code') : 0,
    statusMessage: isObject(status) ? textOf(status, 'message', otlpLimits.messageBytes) : '',
    events: listOf(span, 'events')
      .slice(0, otlpLimits.events)
      .map((event) => ({ name: textOf(event, 'name', otlpLimits.nameBytes), attributes: attributesOf(event) })),
    resource,
    scope,
  }
}
