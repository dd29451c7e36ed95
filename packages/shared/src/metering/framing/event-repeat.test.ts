import fc from 'fast-check'
import { expect, test } from 'vitest'
import { captureNaively } from '../../../test/naive-captures'
import { testSize } from '../../../test/size'
import { pieceLengths, splitBytes } from '../../../test/splits'
import { toBytes } from '../bytes'
import type { Capture } from '../capture'
import { CaptureRecord } from '../capture-record'
import { JsonScanner } from '../json-scanner'
import { createFraming } from './framing'

const captures = {
  id: { path: 'id', keep: 'first' },
  finish: { path: 'choices[].finish', keep: 'last' },
  usage: { path: 'usage', keep: 'last' },
  kinds: { path: 'kind', keep: 'values' },
  notes: { path: 'notes[]', keep: 'count' },
  kept: { path: 'kept', keep: 'last' },
  keptCharacters: { path: 'kept.text', keep: 'characters' },
  words: { path: 'choices[].text', keep: 'characters' },
} as const satisfies Record<string, Capture>

/** Most say the same in other words, and some only look as if they did. */
const shapes: ((words: string) => object)[] = [
  (text) => ({ id: 'a', choices: [{ text, finish: null }], usage: null }),
  (text) => ({ id: 'b', choices: [{ text, finish: 'stop' }], usage: { tokens: 7 } }),
  (text) => ({ choices: [{ text }, { text }] }),
  (text) => ({ kind: 'delta', choices: [{ text }] }),
  (text) => ({ notes: [1, 2], choices: [{ text }] }),
  (text) => ({ kept: { text } }),
]
const words = fc.oneof(fc.stringMatching(/^[ a-zé☃\u{1F600}]{0,12}$/u), fc.string({ maxLength: 6 }))
const runs = fc.array(fc.tuple(fc.constantFrom(...shapes), fc.array(words, { minLength: 1, maxLength: 5 })), { maxLength: 5 })
const toEvents = (all: readonly object[], lineEnd: string) => all.map((one) => toBytes(`data: ${JSON.stringify(one)}${lineEnd}${lineEnd}`))
const join = (all: readonly Uint8Array[]) => Uint8Array.from(all.flatMap((one) => [...one]))

function read(pieces: Iterable<Uint8Array>) {
  const record = new CaptureRecord(captures)
  const scanner = new JsonScanner(record)
  let pushes = 0
  const push = scanner.push.bind(scanner)
  scanner.push = (...given) => {
    pushes++
    push(...given)
  }
  const framing = createFraming('sse', scanner)
  for (const piece of pieces) framing.push(piece)
  framing.end()
  return { captured: record.read(), pushes }
}

test('events that repeat the one before in other words say what they say when each is read', { timeout: 600_000 }, () => {
  const cuts = fc.oneof(pieceLengths, fc.constant(null))
  fc.assert(
    fc.property(runs, fc.constantFrom('\n', '\r\n', '\r'), cuts, (given, lineEnd, lengths) => {
      const documents = given.flatMap(([shape, all]) => all.map(shape))
      const events = toEvents(documents, lineEnd)
      const { captured } = read(lengths === null ? events : splitBytes(join(events), lengths))
      expect(JSON.stringify(captured)).toBe(JSON.stringify(captureNaively(captures, documents)))
    }),
    { numRuns: testSize(300, 10_000) },
  )
})

test.each([['one by one'], ['all at once']])('of events that differ in their words alone, %s, the first is scanned and no other', (how) => {
  const events = toEvents(
    ['one', ' two', '…', ''].map((text) => ({ id: 'a', choices: [{ text }] })),
    '\n',
  )
  const { captured, pushes } = read(how === 'one by one' ? events : [join(events)])
  expect([captured['words'], pushes]).toEqual([8, 1])
})
