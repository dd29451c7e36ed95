import { field, type ProtobufReader, wire } from './protobuf'
import { type AttributeDraft, createAttributes, readKeyValue } from './protobuf-attributes'
import { visitProtobufRecords } from './protobuf-records'
import { type Attributes, otlpLimits, type Scope, type SpanEvent, type SpanSignal } from './signal'

/** The spans of an ExportTraceServiceRequest, one after the other. */
export const readProtobufTraces = (body: Buffer, visit: (span: SpanSignal) => void): void =>
  visitProtobufRecords(body, (reader, resource, scope) => visit(readSpan(reader, resource, scope)))

type Draft = { -readonly [Name in keyof SpanSignal]: SpanSignal[Name] } & { attributes: AttributeDraft; events: SpanEvent[] }

function readSpan(reader: ProtobufReader, resource: Attributes, scope: Scope): SpanSignal {
  const span = toDraft(resource, scope)
  let count = 0
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag !== field(9, wire.bytes)) readField(span, reader, tag)
    else if (count++ < otlpLimits.attributes) readKeyValue(span.attributes, reader)
    else reader.skip(tag)
  }
  return span
}

function readField(span: Draft, reader: ProtobufReader, tag: number): void {
  if (tag === field(1, wire.bytes)) span.traceId = reader.readId()
  else if (tag === field(2, wire.bytes)) span.spanId = reader.readId()
  else if (tag === field(4, wire.bytes)) span.parentSpanId = reader.readId() || null
  else if (tag === field(5, wire.bytes)) span.name = reader.readText(otlpLimits.nameBytes)
  else if (tag === field(6, wire.varint)) span.kind = readSmallNumber(reader)
  else if (tag === field(7, wire.fixed64)) span.startMs = reader.readTimeMs()
  else if (tag === field(8, wire.fixed64)) span.endMs = reader.readTimeMs()
  else if (tag === field(11, wire.bytes) && span.events.length < otlpLimits.events) span.events.push(readEvent(reader))
  else if (tag === field(15, wire.bytes)) readStatus(span, reader)
  else reader.skip(tag)
}

const toDraft = (resource: Attributes, scope: Scope): Draft => ({
  traceId: '',
  spanId: '',
  parentSpanId: null,
  name: '',
  kind: 0,
  startMs: 0,
  endMs: 0,
  attributes: createAttributes(),
  statusCode: 0,
  statusMessage: '',
  events: [],
  resource,
  scope,
})

function readSmallNumber(reader: ProtobufReader): number {
  const number = reader.readVarint()
  return number < 256 ? number : 0
}

function readEvent(reader: ProtobufReader): SpanEvent {
  const outer = reader.enter()
  const attributes = createAttributes()
  let name = ''
  let count = 0
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(2, wire.bytes)) name = reader.readText(otlpLimits.nameBytes)
    else if (tag === field(3, wire.bytes) && count++ < otlpLimits.attributes) readKeyValue(attributes, reader)
    else reader.skip(tag)
  }
  reader.leave(outer)
  return { name, attributes }
}

function readStatus(span: Draft, reader: ProtobufReader): void {
  const outer = reader.enter()
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(2, wire.bytes)) span.statusMessage = reader.readText(otlpLimits.messageBytes)
    else if (tag === field(3, wire.varint)) span.statusCode = readSmallNumber(reader)
    else reader.skip(tag)
  }
  reader.leave(outer)
}
