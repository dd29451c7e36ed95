import { EventStreamCodec } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { captures, documents, type Style, styles, writeJson } from '../../../test/arbitrary-json'
import { captureNaively } from '../../../test/naive-captures'
import { testSize } from '../../../test/size'
import { pieceLengths, splitBytes } from '../../../test/splits'
import { toBytes, toText } from '../bytes'
import { CaptureRecord } from '../capture-record'
import { JsonScanner } from '../json-scanner'
import { createFraming, type FramingKind, findFraming } from './framing'

type Documents = readonly unknown[]
const numRuns = testSize(100, 10_000)
const timeout = 600_000

test.each<[FramingKind, (documents: Documents, style: Style) => Uint8Array]>([
  ['sse', (all, style) => toBytes(all.map((one) => `data: ${writeJson(one, style)}\n\n`).join(''))],
  [
    'sse',
    (all, style) =>
      toBytes(
        `\uFEFF: hi\r\n\r\n${all.map((one) => `event: x\r\ndata:${writeJson(one, style)}\r\nid\r\n\r\n`).join('')}data: [DONE]\r\n\r\n`,
      ),
  ],
  ['sse', (all) => toBytes(all.map((one) => `${breakLines(one, 'data: ', '\r')}\r\r`).join(''))],
  ['sse', (all) => toBytes(all.map((one) => `${breakLines(one, 'data:', '\r\n')}\r\n\r\n`).join(''))],
  ['json-lines', (all, style) => toBytes(all.map((one) => `${writeJson(one, style)}\r\n`).join('\n'))],
  ['json-lines', (all, style) => toBytes(all.map((one) => writeJson(one, style)).join('\n'))],
  ['body', (all, style) => toBytes(`\uFEFF ${writeJson(flatten(all), style)}`)],
  ['body', (all) => toBytes(JSON.stringify(flatten(all), null, '\n \t'))],
  ['aws-event-stream', (all, style) => concat(all.map((one) => encodeFrame('metadata', writeJson(one, style))))],
  ['aws-event-stream', (all, style) => concat(all.map((one) => encodeFrame('chunk', wrap(writeJson(one, style)))))],
])('any split of %s gives what parsing every event gives (%#)', { timeout }, (kind, write) => {
  fc.assert(
    fc.property(documents, styles, pieceLengths, (all, style, lengths) => {
      const record = new CaptureRecord(captures)
      const framing = createFraming(kind, new JsonScanner(record))
      for (const piece of splitBytes(write(all, style), lengths)) framing.push(piece)
      framing.end()
      const expected = captureNaively(captures, kind === 'body' ? [flatten(all)] : all)
      expect(JSON.stringify(record.read())).toBe(JSON.stringify(expected))
      expect(record.lost).toEqual([])
    }),
    { numRuns },
  )
})

test.each([
  ['text/event-stream; charset=utf-8', 'sse'],
  ['Application/X-NDJSON', 'json-lines'],
  ['application/jsonl', 'json-lines'],
  ['application/stream+json', 'json-lines'],
  ['application/vnd.amazon.eventstream', 'aws-event-stream'],
  ['application/json', 'body'],
  [undefined, 'body'],
])('%s is framed as %s', (contentType, kind) => {
  expect(findFraming(contentType)).toBe(kind)
})

const codec = new EventStreamCodec((bytes) => (typeof bytes === 'string' ? bytes : toText(bytes)), toBytes)

const encodeFrame = (eventType: string, payload: string) =>
  codec.encode({
    headers: {
      ':content-type': { type: 'string', value: 'application/json' },
      when: { type: 'timestamp', value: new Date(0) },
      ':event-type': { type: 'string', value: eventType },
      ':message-type': { type: 'string', value: 'event' },
    },
    body: toBytes(payload),
  })

const wrap = (payload: string) => JSON.stringify({ p: 'abc', bytes: btoa(String.fromCharCode(...toBytes(payload))) }).replaceAll('/', '\\/')

/** One document of a body is what a body is; an array of them is a stream of Gemini. */
const flatten = (all: Documents): unknown => (all.length === 1 ? all[0] : all)

const breakLines = (document: unknown, prefix: string, lineEnd: string) =>
  JSON.stringify(document, null, 1)
    .split('\n')
    .map((line) => prefix + line)
    .join(lineEnd)

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
