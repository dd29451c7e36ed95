import { findOperation } from '@keylease/shared/providers/find-operation'
import { openai } from '@keylease/shared/providers/openai'
import { expect, test } from 'vitest'
import { makeFacts } from '../../test/calls'
import { noContent } from '../telemetry/content'
import type { Call } from './classify'
import { LateReader } from './late-reader'

const found = findOperation(openai, 'POST', '/chat/completions')
const answer = { status: 200, headers: new Headers({ 'content-type': 'text/event-stream' }) }
const event = (text: string) => new TextEncoder().encode(`data: ${text}\n\n`)
const word = event('{"choices":[{"index":0,"delta":{"content":"word"}}]}')
const usage = event('{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}')

function open(): LateReader {
  const { request } = makeFacts()
  return new LateReader({ found, request: { ...request, isStream: true } } as Call, answer, noContent) // it asks for nothing else of a call
}

test('what a caller does with a piece that he was given changes nothing about what it said', () => {
  const reader = open()
  for (const piece of [word.slice(), usage.slice()]) {
    reader.push(piece)
    piece.fill(0)
    structuredClone(piece, { transfer: [piece.buffer] })
  }
  expect(reader.end('complete')).toMatchObject({ quality: 'exact', vector: { inputUncached: 7, outputText: 2 }, characters: { text: 4 } })
})

test.each([1, 100, 8_192, 8_193, 100_000])('pieces of %d bytes say the same, held or not', (length) => {
  const all = Buffer.concat([...Array.from({ length: 500 }, () => word), usage])
  const reader = open()
  for (let from = 0; from < all.length; from += length) reader.push(new Uint8Array(all.subarray(from, from + length)))
  expect(reader.end('complete')).toMatchObject({ vector: { inputUncached: 7, outputText: 2 }, characters: { text: 2_000 } })
})

test('of a stream as long as it likes to be, no more than one small buffer is held', () => {
  const before = process.memoryUsage().arrayBuffers
  const reader = open()
  const piece = word.slice()
  for (let sent = 0; sent < 20 * 2 ** 20; sent += piece.length) reader.push(piece)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
  reader.end('complete')
})

test('an answer that cannot be read reaches its caller, and is estimated as one that broke off', () => {
  const { request } = makeFacts()
  const breaking = { ...noContent, output: () => ({ push: () => JSON.parse('{'), end: () => JSON.parse('{') }) }
  const reader = new LateReader({ found, request } as Call, answer, breaking)
  reader.keep(word)
  expect(() => reader.run()).not.toThrow()
  expect(() => reader.push(new Uint8Array(100_000))).not.toThrow()
  expect(reader.end('complete').quality).not.toBe('exact')
})
