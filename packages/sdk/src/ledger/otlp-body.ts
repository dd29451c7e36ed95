import { ByteWriter, measureField } from './byte-writer'

/** Protobuf tags of an ExportTraceServiceRequest, down to its spans: the number of a field, and how it is written. */
const resourceSpans = 0x0a
const resource = 0x0a
const attribute = 0x0a
const keyValue = { key: 0x0a, value: 0x12 }
const text = 0x0a
const scopeSpans = 0x12
const scope = { itself: 0x0a, name: 0x0a, version: 0x12 }

const writer = new ByteWriter()

/** An ExportTraceServiceRequest around spans that are written already. */
export function toExportBody(spans: Uint8Array, { name, version }: { name: string; version: string }): Uint8Array<ArrayBuffer> {
  const described = writeMessage(() => writeResource(name))
  const told = writeMessage(() => writeScope(name, version))
  const inner = told.length + spans.length
  const head = writeMessage(() => {
    writer.byte(resourceSpans)
    writer.varint(described.length + measureField(inner))
    writer.raw(described)
    writer.byte(scopeSpans)
    writer.varint(inner)
    writer.raw(told)
  })
  const body = new Uint8Array(head.length + spans.length)
  body.set(head)
  body.set(spans, head.length)
  return body
}

function writeMessage(write: () => void): Uint8Array {
  writer.clear()
  write()
  return writer.written.slice()
}

function writeResource(name: string): void {
  writer.byte(resource)
  const start = writer.open()
  writer.byte(attribute)
  const attributeStart = writer.open()
  writer.byte(keyValue.key)
  writer.text('service.name')
  writer.byte(keyValue.value)
  const valueStart = writer.open()
  writer.byte(text)
  writer.text(name)
  writer.close(valueStart)
  writer.close(attributeStart)
  writer.close(start)
}

function writeScope(name: string, version: string): void {
  writer.byte(scope.itself)
  const start = writer.open()
  writer.byte(scope.name)
  writer.text(name)
  writer.byte(scope.version)
  writer.text(version)
  writer.close(start)
}
