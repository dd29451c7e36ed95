import { ByteWriter } from './byte-writer'
import { type CallRecord, eachOwnValue, eachSharedValue, type Value } from './record'

/** Protobuf tags of opentelemetry/proto/trace/v1: the number of a field, and how it is written. */
const inScope = 0x12
const span = {
  traceId: 0x0a,
  spanId: 0x12,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  start: 0x39,
  end: 0x41,
  attribute: 0x4a,
  status: 0x7a,
}
const status = { message: 0x12, code: 0x18 }
const keyValue = { key: 0x0a, value: 0x12 }
const anyValue = { text: 0x0a, boolean: 0x10, integer: 0x18, double: 0x21, array: 0x2a }
const element = 0x0a

const clientKind = 3
const errorCode = 2

/** What is the same in one call after the other, as it is written, and what it says. */
interface Block {
  said: readonly Value[]
  bytes: Uint8Array
}

/** The one that was used last is the first. */
const blocks: Block[] = []
const mostBlocks = 16
const writer = new ByteWriter()

/** A span of OTLP in protobuf, as it lies among others of its scope: good until the next is written. */
export function writeSpan(record: CallRecord): Uint8Array {
  const shared = findBlock(record) ?? makeBlock(record)
  writer.clear()
  writer.byte(inScope)
  const start = writer.open()
  writer.byte(span.traceId)
  writer.hex(record.traceId)
  writer.byte(span.spanId)
  writer.hex(record.spanId)
  if (record.parentSpanId !== null) {
    writer.byte(span.parentSpanId)
    writer.hex(record.parentSpanId)
  }
  writer.byte(span.start)
  writer.nanos(Math.round(record.startedAtMs * 1_000))
  writer.byte(span.end)
  writer.nanos(Math.round(record.endedAtMs * 1_000))
  writer.raw(shared.bytes)
  eachOwnValue(record, writeAttribute)
  writer.close(start)
  return writer.written
}

/** Filled anew for each call: an array that is emptied gives its memory away. */
const said: Value[] = []
let saidCount = 0

/** Most calls say what one of the last ones said, but for what they used. */
function findBlock(record: CallRecord): Block | null {
  saidCount = 0
  eachSharedValue(record, say)
  const at = blocks.findIndex(isSaid)
  const found = blocks[at]
  if (found === undefined) return null
  if (at > 0) blocks.unshift(...blocks.splice(at, 1))
  return found
}

function say(name: string, value: Value): void {
  said[saidCount++] = name
  said[saidCount++] = value
}

function isSaid({ said: before }: Block): boolean {
  if (before.length !== saidCount) return false
  for (let at = saidCount - 1; at >= 0; at--) if (!isSame(before[at], said[at])) return false
  return true
}

const isSame = (before: Value | undefined, now: Value | undefined): boolean =>
  before === now ||
  (Array.isArray(before) && Array.isArray(now) && before.length === now.length && before.every((one, at) => one === now[at]))

function makeBlock(record: CallRecord): Block {
  const { operation, request, errorType } = record
  writer.clear()
  writer.byte(span.name)
  writer.text(request.model === null ? operation : `${operation} ${request.model}`)
  writer.byte(span.kind)
  writer.byte(clientKind)
  eachSharedValue(record, writeAttribute)
  if (record.status !== 'ok') {
    writer.byte(span.status)
    const start = writer.open()
    writer.byte(status.message)
    writer.text(errorType ?? record.status)
    writer.byte(status.code)
    writer.byte(errorCode)
    writer.close(start)
  }
  const block = { said: said.slice(0, saidCount), bytes: writer.written.slice() }
  blocks.unshift(block)
  if (blocks.length > mostBlocks) blocks.pop()
  return block
}

function writeAttribute(name: string, value: Value): void {
  writer.byte(span.attribute)
  const start = writer.open()
  writer.raw(keys.get(name) ?? makeKey(name))
  writer.byte(keyValue.value)
  const valueStart = writer.open()
  writeValue(value)
  writer.close(valueStart)
  writer.close(start)
}

const keys = new Map<string, Uint8Array>()

/** Names are few, and the same in each span. */
function makeKey(name: string): Uint8Array {
  const key = new ByteWriter()
  key.byte(keyValue.key)
  key.text(name)
  keys.set(name, key.written)
  return key.written
}

function writeValue(value: Value): void {
  if (typeof value === 'string') {
    writer.byte(anyValue.text)
    writer.text(value)
  } else if (typeof value === 'boolean') {
    writer.byte(anyValue.boolean)
    writer.byte(value ? 1 : 0)
  } else if (typeof value !== 'number') {
    writeArray(value)
  } else if (Number.isSafeInteger(value)) {
    writer.byte(anyValue.integer)
    writer.varint(value)
  } else {
    writer.byte(anyValue.double)
    writer.double(value)
  }
}

function writeArray(values: readonly string[]): void {
  writer.byte(anyValue.array)
  const start = writer.open()
  for (const value of values) {
    writer.byte(element)
    const itemStart = writer.open()
    writeValue(value)
    writer.close(itemStart)
  }
  writer.close(start)
}
