import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pieceLengths, splitBytes } from '../../test/splits'
import type { RequestFacts, RequestShape } from '../providers/operation'
import { toBytes } from './bytes'
import type { Captured } from './capture'
import { createRequestReader } from './request-reader'

const reading = {
  model: null,
  isStream: false,
  maxOutputTokens: null,
  maxInputTokens: null,
  characters: 0,
  serviceTier: null,
  needsUsageOption: false,
}

/** What the shape was given. */
function read(body: Uint8Array, contentType: string | undefined, lengths: readonly number[] = [Infinity]) {
  const given: { captured: Captured; facts: RequestFacts }[] = []
  const shape: RequestShape = {
    captures: {
      model: { path: 'model', keep: 'last' },
      stream: { path: 'stream', keep: 'last' },
      n: { path: 'n', keep: 'last' },
      prompt: { path: 'prompt', keep: 'characters' },
      images: { path: 'image[]', keep: 'count' },
      kinds: { path: 'timestamp_granularities[]', keep: 'values' },
    },
    read: (captured, facts) => {
      given.push({ captured, facts })
      return reading
    },
  }
  const headers = contentType === undefined ? {} : { 'content-type': contentType }
  const reader = createRequestReader(shape, { params: {}, query: {}, headers })
  for (const piece of splitBytes(body, lengths)) reader.push(piece)
  expect(reader.end()).toBe(reading)
  return given[0]
}

test('a JSON body is read and its bytes are counted', () => {
  const body = toBytes('{"model":"é","stream":true,"prompt":"a\\"b","n":2}')
  const given = read(body, 'application/json')
  expect(given?.captured).toEqual({ model: 'é', stream: true, n: 2, prompt: 3 })
  expect(given?.facts).toEqual({ bytes: body.length, params: {}, query: {}, headers: { 'content-type': 'application/json' } })
  expect(read(body, undefined)?.captured['model']).toBe('é')
})

const boundary = "----x'(1)"
const field = (name: string, value: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const file = (name: string, content: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="model"\r\nContent-Type: audio/mpeg\r\n\r\n${content}\r\n`

/** Of what delimiters are made, but never one whole. */
const contents = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '--', `\r\n--${boundary.slice(0, 5)}`, boundary, 'x', '\u0000', 'é'), {
    maxLength: 20,
  })
  .filter((parts) => !parts.join('').includes(`\r\n--${boundary}`))

test('the short fields of a form are read around any file, whatever the chunks are', () => {
  fc.assert(
    fc.property(contents, pieceLengths, (content, lengths) => {
      const form = [
        'preamble\r\n',
        file('file', content.join('')),
        field('model', 'whisper-1'),
        field('stream', 'true'),
        field('prompt', `é${content.join('')}`),
        field('timestamp_granularities[]', 'word'),
        field('timestamp_granularities[]', 'segment'),
        field('n', '2'),
        file('image[]', content.join('')),
        `--${boundary}--\r\n`,
      ]
      const { captured, facts } = read(toBytes(form.join('')), `multipart/form-data; boundary="${boundary}"`, lengths) ?? {}
      expect(captured).toEqual({
        model: 'whisper-1',
        stream: true,
        n: 2,
        prompt: 1 + [...content.join('')].length,
        kinds: { word: 1, segment: 1 },
      })
      expect(facts?.bytes).toBe(toBytes(form.join('')).length)
    }),
  )
})

test.each([
  ['1.5', 1.5],
  ['-2', -2],
  ['gpt-4', 'gpt-4'],
  ['007', '007'],
  ['1e9', '1e9'],
  ['"x"', '"x"'],
  ['', ''],
  ['null', 'null'],
])('the field %s of a form means %j', (text, value) => {
  expect(read(toBytes(`${field('n', text)}--${boundary}--`), `multipart/form-data; boundary="${boundary}"`)?.captured).toEqual({ n: value })
})

test('a field that is long is counted and not kept', () => {
  const long = 'x'.repeat(100_000)
  const form = `${field('model', long)}${field('prompt', long)}--${boundary}--`
  expect(read(toBytes(form), `multipart/form-data;boundary="${boundary}"`, [4096])?.captured).toEqual({ prompt: 100_000 })
})

test.each([
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=z',
  'Multipart/Form-Data; charset=x; boundary=z; y=1',
])('a form without its boundary, cut off or of garbage throws nothing: %s', (contentType) => {
  for (const body of [
    '',
    '--z',
    '--z\r\n',
    `--z\r\n${'x'.repeat(10_000)}`,
    '--z\r\ncontent-disposition: form-data; name="model"\r\n\r\nx',
    '{"model":1}--z\r\n\r\n',
  ])
    expect(() => read(toBytes(body), contentType, [3])).not.toThrow()
})
