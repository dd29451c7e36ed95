import { attributesOf, idOf, isObject, type JsonObject, listOf, memberOf, smallNumberOf, textOf, timeMsOf } from './json-attributes'
import { visitJsonRecords } from './json-records'
import { type Attributes, otlpLimits, type Scope, type SpanSignal } from './signal'

const lists = { resources: 'resourceSpans', scopes: 'scopeSpans', records: 'spans' }

/** The spans of an ExportTraceServiceRequest, one after the other. */
export const readJsonTraces = (body: Buffer, visit: (span: SpanSignal) => void): void =>
  visitJsonRecords(body, lists, (span, resource, scope) => visit(toSpan(span, resource, scope)))

function toSpan(span: JsonObject, resource: Attributes, scope: Scope): SpanSignal {
  const parent = idOf(span, 'parentSpanId')
  const status = memberOf(span, 'status')
  return {
    traceId: idOf(span, 'traceId'),
    spanId: idOf(span, 'spanId'),
    parentSpanId: parent.byteLength === 0 ? null : parent,
    name: textOf(span, 'name', otlpLimits.nameBytes),
    kind: smallNumberOf(span, 'kind'),
    startMs: timeMsOf(span, 'startTimeUnixNano'),
    endMs: timeMsOf(span, 'endTimeUnixNano'),
    attributes: attributesOf(span),
    statusCode: isObject(status) ? smallNumberOf(status, 'code') : 0,
    statusMessage: isObject(status) ? textOf(status, 'message', otlpLimits.messageBytes) : '',
    events: listOf(span, 'events')
      .slice(0, otlpLimits.events)
      .map((event) => ({ name: textOf(event, 'name', otlpLimits.nameBytes), attributes: attributesOf(event) })),
    resource,
    scope,
  }
}
