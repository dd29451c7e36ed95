import { type ProtobufReader, wire } from './protobuf'
import { type Attributes, type AttributeValue, otlpLimits } from './signal'

const field = (number: number, type: number) => (number << 3) | type

/** Adds one KeyValue; the first of a name wins, and what is beyond the limits is left out. */
export function readKeyValue(into: Record<string, AttributeValue>, reader: ProtobufReader, count: number, depth = 0): void {
  let name = ''
  let value: AttributeValue | null = null
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(1, wire.bytes)) name = reader.readText(otlpLimits.nameBytes)
    else if (tag === field(2, wire.bytes)) value = readAnyValue(reader.readMessage(), depth)
    else reader.skip(tag)
  }
  if (name !== '' && value !== null && count < otlpLimits.attributes && !(name in into)) into[name] = value
}

function readAnyValue(reader: ProtobufReader, depth: number): AttributeValue | null {
  let value: AttributeValue | null = null
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(1, wire.bytes)) value = reader.readText(otlpLimits.textBytes)
    else if (tag === field(2, wire.varint)) value = reader.readVarint() !== 0
    else if (tag === field(3, wire.varint)) value = reader.readInt64()
    else if (tag === field(4, wire.fixed64)) value = reader.readDouble()
    else if (tag === field(5, wire.bytes) && depth < otlpLimits.depth) value = readArray(reader.readMessage(), depth + 1)
    else if (tag === field(6, wire.bytes) && depth < otlpLimits.depth) value = readKeyValueList(reader.readMessage(), depth + 1)
    else reader.skip(tag)
  }
  return value
}

function readArray(reader: ProtobufReader, depth: number): AttributeValue[] {
  const items: AttributeValue[] = []
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag !== field(1, wire.bytes) || items.length >= otlpLimits.items) reader.skip(tag)
    else {
      const item = readAnyValue(reader.readMessage(), depth)
      if (item !== null) items.push(item)
    }
  }
  return items
}

function readKeyValueList(reader: ProtobufReader, depth: number): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null)
  let count = 0
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(1, wire.bytes)) readKeyValue(attributes, reader.readMessage(), count++, depth)
    else reader.skip(tag)
  }
  return attributes
}
