import { ProtobufReader, wire } from './protobuf'
import { readKeyValue } from './protobuf-attributes'
import { type Attributes, type AttributeValue, emptyAttributes, MalformedOtlp, otlpLimits, type Scope, type SpanSignal } from './signal'

const field = (number: number, type: number) => (number << 3) | type

/** The spans of an ExportTraceServiceRequest. */
export function readProtobufTraces(body: Buffer): SpanSignal[] {
  const spans: SpanSignal[] = []
  forEachMessage(new ProtobufReader(body), 1, (resourceSpans) => readResourceSpans(resourceSpans, spans))
  return spans
}

/** What the spans share may come after them on the wire: it is looked for first, over the same bytes. */
function readResourceSpans(bytes: Buffer, into: SpanSignal[]): void {
  let resource = emptyAttributes
  forEachMessage(new ProtobufReader(bytes), 1, (message) => {
    resource = readAttributesOf(message, 1)
  })
  forEachMessage(new ProtobufReader(bytes), 2, (scopeSpans) => {
    let scope: Scope = { name: '', version: '' }
    forEachMessage(new ProtobufReader(scopeSpans), 1, (message) => {
      scope = readScope(new ProtobufReader(message))
    })
    forEachMessage(new ProtobufReader(scopeSpans), 2, (message) => {
      if (into.length >= otlpLimits.records) throw new MalformedOtlp(`the body holds more than ${otlpLimits.records} spans`)
      into.push(readSpan(new ProtobufReader(message), resource, scope))
    })
  })
}

function forEachMessage(reader: ProtobufReader, number: number, visit: (message: Buffer) => void): void {
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(number, wire.bytes)) visit(reader.readBytes())
    else reader.skip(tag)
  }
}

function readAttributesOf(message: Buffer, number: number): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null)
  let count = 0
  forEachMessage(new ProtobufReader(message), number, (pair) => readKeyValue(attributes, new ProtobufReader(pair), count++))
  return attributes
}

function readScope(reader: ProtobufReader): Scope {
  const scope = { name: '', version: '' }
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(1, wire.bytes)) scope.name = reader.readText(otlpLimits.nameBytes)
    else if (tag === field(2, wire.bytes)) scope.version = reader.readText(otlpLimits.nameBytes)
    else reader.skip(tag)
  }
  return scope
}

type Draft = { -readonly [Name in keyof SpanSignal]: SpanSignal[Name] } & {
  attributes: Record<string, AttributeValue>
  events: { name: string; attributes: Attributes }[]
}

/** By field number and wire type; a field that is not here is skipped. */
const spanFields: Record<number, (span: Draft, reader: ProtobufReader) => void> = {
  [field(1, wire.bytes)]: (span, reader) => {
    span.traceId = reader.readBytes()
  },
  [field(2, wire.bytes)]: (span, reader) => {
    span.spanId = reader.readBytes()
  },
  [field(4, wire.bytes)]: (span, reader) => {
    const parent = reader.readBytes()
    span.parentSpanId = parent.byteLength === 0 ? null : parent
  },
  [field(5, wire.bytes)]: (span, reader) => {
    span.name = reader.readText(otlpLimits.nameBytes)
  },
  [field(6, wire.varint)]: (span, reader) => {
    span.kind = reader.readVarint()
  },
  [field(7, wire.fixed64)]: (span, reader) => {
    span.startMs = reader.readTimeMs()
  },
  [field(8, wire.fixed64)]: (span, reader) => {
    span.endMs = reader.readTimeMs()
  },
  [field(11, wire.bytes)]: (span, reader) => {
    const message = reader.readBytes()
    if (span.events.length < otlpLimits.events) span.events.push(readEvent(message))
  },
  [field(15, wire.bytes)]: (span, reader) => readStatus(span, reader.readMessage()),
}

function readSpan(reader: ProtobufReader, resource: Attributes, scope: Scope): SpanSignal {
  const span = toDraft(resource, scope)
  let count = 0
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(9, wire.bytes)) readKeyValue(span.attributes, reader.readMessage(), count++)
    else {
      const read = spanFields[tag]
      if (read) read(span, reader)
      else reader.skip(tag)
    }
  }
  return span
}

const noBytes = Buffer.alloc(0)

const toDraft = (resource: Attributes, scope: Scope): Draft => ({
  traceId: noBytes,
  spanId: noBytes,
  parentSpanId: null,
  name: '',
  kind: 0,
  startMs: 0,
  endMs: 0,
  attributes: Object.create(null),
  statusCode: 0,
  statusMessage: '',
  events: [],
  resource,
  scope,
})

function readEvent(message: Buffer): { name: string; attributes: Attributes } {
  const reader = new ProtobufReader(message)
  let name = ''
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(2, wire.bytes)) name = reader.readText(otlpLimits.nameBytes)
    else reader.skip(tag)
  }
  return { name, attributes: readAttributesOf(message, 3) }
}

function readStatus(span: Draft, reader: ProtobufReader): void {
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(2, wire.bytes)) span.statusMessage = reader.readText(1_024)
    else if (tag === field(3, wire.varint)) span.statusCode = reader.readVarint()
    else reader.skip(tag)
  }
}
