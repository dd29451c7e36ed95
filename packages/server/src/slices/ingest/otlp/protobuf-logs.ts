import { field, type ProtobufReader, wire } from './protobuf'
import { createAttributes, readAnyValue, readKeyValue } from './protobuf-attributes'
import { visitProtobufRecords } from './protobuf-records'
import { type Attributes, type LogParts, type LogSignal, otlpLimits, type Scope, toLogSignal } from './signal'

/** The records of an ExportLogsServiceRequest, one after the other. */
export const readProtobufLogs = (body: Buffer, visit: (log: LogSignal) => void): void =>
  visitProtobufRecords(body, (reader, resource, scope) => visit(readLog(reader, resource, scope)))

function readLog(reader: ProtobufReader, resource: Attributes, scope: Scope): LogSignal {
  const attributes = createAttributes()
  const log: LogParts = {
    traceId: '',
    spanId: '',
    timeMs: 0,
    observedMs: 0,
    name: '',
    body: null,
    attributes,
    resource,
    scope,
  }
  let count = 0
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag !== field(6, wire.bytes)) readField(log, reader, tag)
    else if (count++ < otlpLimits.attributes) readKeyValue(attributes, reader)
    else reader.skip(tag)
  }
  return toLogSignal(log)
}

function readField(log: LogParts, reader: ProtobufReader, tag: number): void {
  if (tag === field(1, wire.fixed64)) log.timeMs = reader.readTimeMs()
  else if (tag === field(5, wire.bytes)) log.body = readAnyValue(reader, otlpLimits.depth)
  else if (tag === field(9, wire.bytes)) log.traceId = reader.readId()
  else if (tag === field(10, wire.bytes)) log.spanId = reader.readId()
  else if (tag === field(11, wire.fixed64)) log.observedMs = reader.readTimeMs()
  else if (tag === field(12, wire.bytes)) log.name = reader.readText(otlpLimits.nameBytes)
  else reader.skip(tag)
}
