import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../test/size'
import { pieceLengths, splitBytes } from '../../test/splits'
import type { UsageOption } from '../providers/operation'
import { toBytes, toText } from './bytes'
import { hideUsageEvent } from './hide-usage-event'

const option: UsageOption = {
  body: { stream_options: { include_usage: true } },
  member: 'usage',
  otherMember: 'choices',
  captures: {
    usage: { path: 'usage', keep: 'last' },
    choices: { path: 'choices[]', keep: 'count' },
    objects: { path: 'object', keep: 'values' },
  },
  toCaptured: ({ usage, choices, object }) => ({
    usage: usage ?? undefined,
    choices: Array.isArray(choices) && choices.length > 0 ? choices.length : undefined,
    objects: typeof object === 'string' ? { [object]: 1 } : undefined,
  }),
  isOnlyUsage: ({ usage, choices, objects }) => usage !== undefined && choices === undefined && objects === undefined,
}

const passed = [
  'data: {"choices":[{"delta":{"content":"é\\"}"}}],"usage":null}',
  'data: {"choices":[],"prompt_filter_results":[1]}',
  'data: {"choices":[{"finish_reason":"stop"}],"usage":{"total_tokens":9}}',
  ': keep-alive',
  'event: ping\nid: 7\ndata',
  'data: {"choices":[],"usage":{"total_tok',
  'data: {"object":"x","usage":{"total_tokens":9}}',
  'data: {"choices":[],"usage":{"total_tokens":9},"object":"a.longer.one"}',
  'data: [DONE]',
  'data: \u0000not json',
]
const dropped = [
  'data: {"choices":[],"usage":{"total_tokens":9}}',
  ': x\nevent: message\ndata:{"choices":[],\ndata: "usage":{"a":1}}\nretry: 5',
]

const lineEnds = fc.constantFrom('\n', '\r\n', '\r')
const streams = fc.tuple(fc.array(fc.constantFrom(...passed, ...dropped), { maxLength: 8 }), lineEnds, pieceLengths)

function filter(text: string, lengths: readonly number[]): string {
  const events = hideUsageEvent(option)
  const out: string[] = []
  const keep = (pieces: Uint8Array[]) => out.push(...pieces.map((piece) => new TextDecoder('latin1').decode(piece)))
  for (const piece of splitBytes(toBytes(text), lengths)) keep(events.passes(piece) ? [piece] : events.push(piece))
  keep(events.end())
  return toText(Uint8Array.from(out.join(''), toLatin1))
}

/** TextDecoder reads latin1 as windows-1252; its own encoder is the table back. */
const windows1252 = new Map(Array.from({ length: 256 }, (_, byte) => [new TextDecoder('latin1').decode(new Uint8Array([byte])), byte]))
const toLatin1 = (character: string) => windows1252.get(character) ?? 0

test('only the event that came for us is missing, byte by byte, whatever the chunks are', { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(streams, ([events, lineEnd, lengths]) => {
      const write = (all: readonly string[]) => all.map((event) => `${event}\n\n`.replaceAll('\n', lineEnd)).join('')
      expect(filter(write(events), lengths)).toBe(write(events.filter((event) => !dropped.includes(event))))
    }),
    { numRuns: testSize(200, 10_000) },
  )
})

test('the same is missing where each chunk is one event', () => {
  fc.assert(
    fc.property(streams, ([events, lineEnd]) => {
      const written = [': begin', ...events].map((event) => `${event}\n\n`.replaceAll('\n', lineEnd))
      const lengths = written.map((event) => toBytes(event).length)
      const expected = written.filter((_, at) => !dropped.includes(events[at - 1] ?? ''))
      expect(filter(written.join(''), lengths)).toBe(expected.join(''))
    }),
    { numRuns: testSize(200, 10_000) },
  )
})

test.each(passed)('a stream that breaks off passes what it has: %#', (event) => {
  const text = `data: {"choices":[]}\n\n${event}`
  expect(filter(text, [3])).toBe(text)
})

test('the event that came for us is missing even where the stream ends without its blank line', () => {
  expect(filter(`data: 1\n\n${dropped[0]}`, [5])).toBe('data: 1\n\n')
})

test.each([[[Infinity]], [[1000]], [[65_000, 1]]])('an event that is larger than anything held passes, in pieces of %j', (lengths) => {
  const text = `data: {"choices":[],"usage":{"total_tokens":1},"pad":"${'x'.repeat(70_000)}"}\n\n`
  expect(filter(`${text + dropped[0]}\n\n${text}`, lengths)).toBe(text + text)
})

test('an event that is over goes on at once, and no more than one is held back', () => {
  const events = hideUsageEvent(option)
  const chunk = toBytes('data: {"choices":[1]}\n\ndata: {"cho')
  expect(events.push(chunk).map(toText)).toEqual(['data: {"choices":[1]}\n\n'])
  expect(events.push(toBytes('ices":[1]}\n\n')).map(toText)).toEqual(['data: {"cho', 'ices":[1]}\n\n'])
})

test('an event like the one before it passes unread, but not with another behind it, nor with its list empty, nor in part', () => {
  const events = hideUsageEvent({ ...option })
  const word = 'data: {"id":"1","choices":[{"delta":{"content":"word"}}],"usage":null}\n\n'
  const used = 'data: {"id":"1","choices":[],"usage":{"total_tokens":9}}\n\n'
  const passes = (text: string) => events.passes(toBytes(text))
  expect(passes(word)).toBe(false)
  expect(events.push(toBytes(word)).map(toText)).toEqual([word])
  expect([word, word.replace('word', 'é\\n'), word + used, used, used + word, word.slice(0, -1)].map(passes)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ])
  expect(events.push(toBytes(word.slice(0, -1))).map(toText)).toEqual([])
  expect(passes(word)).toBe(false)
})

test('a chunk of whole events goes on as it is, without a copy', () => {
  const chunk = toBytes('data: {"choices":[1]}\n\ndata: {"choices":[2]}\n\n')
  const [piece, ...rest] = hideUsageEvent(option).push(chunk)
  expect(piece?.buffer).toBe(chunk.buffer)
  expect([piece?.length, rest.length]).toEqual([chunk.length, 0])
})
