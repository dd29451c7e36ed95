import { findPair, keepPair, type Name, readName } from './names'
import { field, type ProtobufReader, wire } from './protobuf'
import { type Attributes, type AttributeValue, otlpLimits } from './signal'

export type AttributeDraft = Record<string, AttributeValue>

export const createAttributes = (): AttributeDraft => Object.create(null)

/** Adds the KeyValue that stands here; the first of a name wins. Content is stepped over. */
export function readKeyValue(into: AttributeDraft, reader: ProtobufReader, depth = 0): void {
  const known = depth === 0 ? reader.readKnown(findPair) : null
  if (known === null) readNewPair(into, reader, depth)
  else if (!(known.name.text in into)) into[known.name.text] = known.value
}

const noName: Name = { text: '', isContent: false }

function readNewPair(into: AttributeDraft, reader: ProtobufReader, depth: number): void {
  const outer = reader.enter()
  const start = reader.mark()
  let name = noName
  let value: AttributeValue | null = null
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(1, wire.bytes)) name = reader.readWith(readName)
    else if (tag === field(2, wire.bytes) && !name.isContent) value = readAnyValue(reader, depth)
    else reader.skip(tag)
  }
  if (name.text !== '' && value !== null && !name.isContent) {
    if (depth === 0) reader.keep(start, keepPair, name, value)
    if (!(name.text in into)) into[name.text] = value
  }
  reader.leave(outer)
}

/** The attributes of a message that holds them under this number. */
export function readAttributes(reader: ProtobufReader, number: number, depth = 0): Attributes {
  const outer = reader.enter()
  const attributes = createAttributes()
  let count = 0
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(number, wire.bytes) && count++ < otlpLimits.attributes) readKeyValue(attributes, reader, depth)
    else reader.skip(tag)
  }
  reader.leave(outer)
  return attributes
}

export function readAnyValue(reader: ProtobufReader, depth: number): AttributeValue | null {
  const outer = reader.enter()
  let value: AttributeValue | null = null
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(1, wire.bytes)) value = reader.readText(otlpLimits.textBytes)
    else if (tag === field(2, wire.varint)) value = reader.readVarint() !== 0
    else if (tag === field(3, wire.varint)) value = reader.readInt64()
    else if (tag === field(4, wire.fixed64)) value = reader.readDouble()
    else if (tag === field(5, wire.bytes) && depth < otlpLimits.depth) value = readArray(reader, depth + 1)
    else if (tag === field(6, wire.bytes) && depth < otlpLimits.depth) value = readAttributes(reader, 1, depth + 1)
    else reader.skip(tag)
  }
  reader.leave(outer)
  return value
}

function readArray(reader: ProtobufReader, depth: number): AttributeValue[] {
  const outer = reader.enter()
  const items: AttributeValue[] = []
  let count = 0
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag !== field(1, wire.bytes) || count++ >= otlpLimits.items) reader.skip(tag)
    else {
      const item = readAnyValue(reader, depth)
      if (item !== null) items.push(item)
    }
  }
  reader.leave(outer)
  return items
}
