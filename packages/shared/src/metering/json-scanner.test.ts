import { expect, test } from 'vitest'
import { splitBytes } from '../../test/splits'
import { toBytes } from './bytes'
import type { Capture } from './capture'
import { CaptureRecord } from './capture-record'
import { JsonScanner } from './json-scanner'

const usage = { usage: { path: 'usage', keep: 'last' } } as const
const megabyte = 2 ** 20

function capture(captures: Readonly<Record<string, Capture>>, json: string | Uint8Array, lengths: readonly number[] = [Infinity]) {
  const record = new CaptureRecord(captures)
  const scanner = new JsonScanner(record)
  for (const piece of splitBytes(typeof json === 'string' ? toBytes(json) : json, lengths)) scanner.push(piece)
  scanner.endDocument()
  return { captured: record.read(), lost: record.lost }
}

test('the names of every prototype are plain members of a captured value', () => {
  const { captured } = capture(usage, '{"usage":{"__proto__":{"a":1},"constructor":2,"toString":3}}')
  const value = captured['usage'] as Record<string, unknown>
  for (const bare of [captured, value]) expect(Reflect.ownKeys(Object.getPrototypeOf(bare))).toEqual([])
  for (const bare of [captured, value]) expect(Object.getPrototypeOf(Object.getPrototypeOf(bare))).toBeNull()
  expect(Object.entries(value)).toEqual([
    ['__proto__', { a: 1 }],
    ['constructor', 2],
    ['toString', 3],
  ])
  expect([value['a'], value['valueOf']]).toEqual([undefined, undefined])
})

test.each([
  ['1e400', Infinity],
  ['-1', -1],
  ['1e-400', 0],
  ['123456789012345678901234567890', 1.2345678901234568e29],
  ['"NaN"', 'NaN'],
])('the number %s is data for the shape to judge', (text, value) => {
  expect(capture(usage, `{"usage":${text}}`).captured['usage']).toBe(value)
})

test.each(['NaN', 'Infinity', 'undefined', '+1', "'a'", ',', ':', '}', '{"a":1', '[1,2', '"a', '12', 'tru'])(
  '%s is no value, and what came before it stays',
  (text) => {
    expect(capture({ ...usage, model: { path: 'model', keep: 'last' } }, `{"model":"m","usage":${text}`).captured).toEqual({ model: 'm' })
  },
)

test.each(['01', '1.2.3', 'nope', 'truefalse', '{"a" 1}', '{"a":[}}', '"\\x"', '"\n"', `"${'\\u12'}"`])(
  'what looks like a value and is no JSON is lost, and said to be: %s',
  (text) => {
    const { captured, lost } = capture(usage, `{"usage":${text},"b":1}`)
    expect(captured).toEqual({})
    expect(lost).toEqual(text === 'nope' ? [] : ['usage'])
  },
)

test.each([[[Infinity]], [[1000]], [[1, 9]]])('a captured value holds 16 KiB and not a byte more, in pieces of %j', (lengths) => {
  const fits = 'x'.repeat(16 * 1024 - 2)
  expect(capture(usage, `{"usage":"${fits}"}`, lengths)).toEqual({ captured: { usage: fits }, lost: [] })
  expect(capture(usage, `{"usage":1,"usage":"${fits}x"}`, lengths)).toEqual({ captured: {}, lost: ['usage'] })
  expect(capture(usage, `{"usage":"${fits}x","usage":2}`, lengths)).toEqual({ captured: { usage: 2 }, lost: [] })
})

test('a captured value nests 64 levels and no more; around it nothing counts', () => {
  const nest = (levels: number, core = '') => '[{"a":'.repeat(levels / 2) + (core || '1') + '}]'.repeat(levels / 2)
  expect(capture(usage, `{"usage":${nest(64)}}`).lost).toEqual([])
  expect(capture(usage, `{"usage":${nest(66)}}`)).toEqual({ captured: {}, lost: ['usage'] })
  expect(capture(usage, `{"a":${nest(200_000)},"usage":7}`, [4096]).captured).toEqual({ usage: 7 })
  expect(capture(usage, `${'['.repeat(100_000)}{"usage":7`).captured).toEqual({})
})

test('strings of any size pass, and their characters are counted as JavaScript counts code points', () => {
  const text = 'é😀"\\\n\u0000\ud800z'.repeat(megabyte / 16)
  const captures = { text: { path: 'a[].text', keep: 'characters' }, ...usage } as const
  const { captured } = capture(captures, JSON.stringify({ a: [{ text }, { text: 7 }], skipped: text, usage: 1 }), [64 * 1024])
  expect(captured).toEqual({ text: [...text].length, usage: 1 })
})

test('an escaped surrogate pair is one character, and each half alone is one', () => {
  const count = (string: string) => capture({ text: { path: 't', keep: 'characters' } }, `{"t":"${string}"}`, [1]).captured['text']
  expect(
    ['\\ud83d\\ude00', '\\ude00\\ud83d', '\\ud83dx\\ude00', '\\ud83d\\n\\ude00', '\\uD83D\\uDE00\\uDE00', '\\\\u0041', '\\u00e9'].map(
      count,
    ),
  ).toEqual([1, 2, 3, 3, 2, 6, 1])
})

test('of many strings 64 are told apart, and long ones are no kinds', () => {
  const captures = { kinds: { path: 'type', keep: 'values' } } as const
  const many = Array.from({ length: 200 }, (_, index) => ({ type: `t${index % 100}` }))
  expect(Object.keys(capture(captures, JSON.stringify(many)).captured['kinds'] ?? {})).toHaveLength(64)
  const lengths = JSON.stringify([{ type: 'x'.repeat(65) }, { type: 'x'.repeat(64) }])
  for (const pieces of [[7], [Infinity]]) expect(capture(captures, lengths, pieces).captured).toEqual({ kinds: { ['x'.repeat(64)]: 1 } })
})

test('bytes that are no UTF-8 pass and are counted', () => {
  const bytes = toBytes('{"text":"????","usage":{"a":"?"}}').map((byte) => (byte === 0x3f ? 0xff : byte))
  const { captured } = capture({ ...usage, text: { path: 'text', keep: 'characters' } }, bytes, [1])
  expect(captured).toEqual({ text: 4, usage: { a: '\ufffd' } })
})

test('names that are longer than any path lead nowhere', () => {
  expect(capture(usage, `{"${'usage'.repeat(1000)}":1,"${'\\u0075'.repeat(1000)}":2,"\\u0075sage":3}`, [3]).captured).toEqual({ usage: 3 })
})
