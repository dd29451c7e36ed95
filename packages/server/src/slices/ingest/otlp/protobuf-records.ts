import { field, ProtobufReader, wire } from './protobuf'
import { readAttributes } from './protobuf-attributes'
import { type Attributes, emptyAttributes, emptyScope, otlpLimits, RecordCount, type Scope } from './signal'

type VisitRecord = (reader: ProtobufReader, resource: Attributes, scope: Scope) => void

const first = field(1, wire.bytes)
const second = field(2, wire.bytes)

/**
 * The records of a request, as every signal nests them: resources hold scopes, and scopes hold records.
 * What records share may come after them on the wire: it is looked for first, over the same bytes.
 */
export function visitProtobufRecords(body: Buffer, visit: VisitRecord): void {
  const reader = new ProtobufReader(body)
  const count = new RecordCount()
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === first) visitResource(reader, count, visit)
    else reader.skip(tag)
  }
}

function visitResource(reader: ProtobufReader, count: RecordCount, visit: VisitRecord): void {
  const outer = reader.enter()
  const start = reader.mark()
  let resource = emptyAttributes
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === first) resource = readAttributes(reader, 1)
    else reader.skip(tag)
  }
  reader.rewind(start)
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === second) visitScope(reader, resource, count, visit)
    else reader.skip(tag)
  }
  reader.leave(outer)
}

function visitScope(reader: ProtobufReader, resource: Attributes, count: RecordCount, visit: VisitRecord): void {
  const outer = reader.enter()
  const start = reader.mark()
  let scope = emptyScope
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === first) scope = readScope(reader)
    else reader.skip(tag)
  }
  reader.rewind(start)
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag !== second) reader.skip(tag)
    else {
      count.add()
      const record = reader.enter()
      visit(reader, resource, scope)
      reader.leave(record)
    }
  }
  reader.leave(outer)
}

function readScope(reader: ProtobufReader): Scope {
  const outer = reader.enter()
  const scope = { name: '', version: '' }
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === first) scope.name = reader.readText(otlpLimits.nameBytes)
    else if (tag === second) scope.version = reader.readText(otlpLimits.nameBytes)
    else reader.skip(tag)
  }
  reader.leave(outer)
  return scope
}
