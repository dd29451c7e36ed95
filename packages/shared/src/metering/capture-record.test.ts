import { expect, test } from 'vitest'
import { ByteStore } from './byte-store'
import { toBytes } from './bytes'
import { CaptureRecord } from './capture-record'
import { JsonScanner } from './json-scanner'
import { KeptValue } from './kept-value'

test('a record that was cleared keeps what comes next and nothing of what came before', () => {
  const record = new CaptureRecord({ usage: { path: 'usage', keep: 'last' }, kinds: { path: 'type', keep: 'values' } })
  const scanner = new JsonScanner(record)
  const read = (json: string) => {
    scanner.push(toBytes(json))
    scanner.endDocument()
    const captured = record.read()
    record.clear()
    return captured
  }
  expect(read('{"usage":[1,2,3]}')).toEqual({ usage: [1, 2, 3] })
  expect(read('{"type":"abc","usage":[4]}')).toEqual({ usage: [4], kinds: { abc: 1 } })
  expect(read('{"type":"x"}')).toEqual({ kinds: { x: 1 } })
  expect(read('{}')).toEqual({})
})

test('values that grow take room in proportion to the largest, and cleared ones none', () => {
  const record = new CaptureRecord({ kinds: { path: 'type', keep: 'values' } })
  const scanner = new JsonScanner(record)
  for (let round = 0; round < 1_000; round++) {
    scanner.push(toBytes(`{"type":"kind ${round}"}`))
    record.clear()
  }
  expect(record.store.bytes.length).toBeLessThan(1_000)
  const store = new ByteStore()
  const value = new KeptValue(store, false)
  const bytes = new Uint8Array(3_000).fill(0x31)
  for (let length = 1; length <= bytes.length; length++) {
    value.open(0)
    value.close(bytes, length)
  }
  expect(store.bytes.length).toBeLessThan(20_000)
})
