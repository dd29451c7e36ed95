import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../../../test/size'
import { type CountRules, type ToldCounts, toDisjointCounts } from './normalise'

const nothing: ToldCounts = {
  input: null,
  output: null,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  reasoning: null,
  audioIn: null,
  audioCached: null,
  audioOut: null,
  imageIn: null,
  imageOut: null,
  total: null,
}
const unknown: CountRules = { cache: null, reasoning: null }
const read = (told: Partial<ToldCounts>, rules: CountRules = unknown) => toDisjointCounts({ ...nothing, ...told }, rules)

const truths = fc.record({
  fresh: fc.nat(100_000),
  cacheRead: fc.integer({ min: 1, max: 100_000 }),
  cacheWrite: fc.nat(10_000),
  text: fc.nat(10_000),
  reasoning: fc.integer({ min: 1, max: 10_000 }),
})

/** One truth as each kind of instrumentation tells it. */
function tell(
  truth: { fresh: number; cacheRead: number; cacheWrite: number; text: number; reasoning: number },
  rules: CountRules,
): ToldCounts {
  const cached = truth.cacheRead + truth.cacheWrite
  return {
    ...nothing,
    input: truth.fresh + (rules.cache === 'beside' ? 0 : cached),
    output: truth.text + (rules.reasoning === 'beside' ? 0 : truth.reasoning),
    cacheRead: truth.cacheRead,
    cacheWrite: truth.cacheWrite,
    reasoning: truth.reasoning,
  }
}

const places = ['inside', 'beside'] as const
const allRules = places.flatMap((cache) => places.map((reasoning): CountRules => ({ cache, reasoning })))

test('inclusive and exclusive forms of one truth give one vector', () => {
  fc.assert(
    fc.property(truths, (truth) => {
      for (const rules of allRules) {
        const { counts, mismatch } = toDisjointCounts(tell(truth, rules), rules)
        expect(mismatch).toBeNull()
        expect(counts).toMatchObject({
          inputUncached: truth.fresh,
          cacheRead: truth.cacheRead,
          cacheWrite5m: truth.cacheWrite,
          outputText: truth.text,
          reasoning: truth.reasoning,
        })
      }
    }),
    { numRuns: testSize(300, 20_000) },
  )
})

test('a total tells the forms apart where nobody knows which one it is', () => {
  fc.assert(
    fc.property(truths, (truth) => {
      fc.pre(truth.reasoning !== truth.cacheRead + truth.cacheWrite)
      const total = truth.fresh + truth.cacheRead + truth.cacheWrite + truth.text + truth.reasoning
      for (const rules of allRules) {
        const { counts, mismatch } = toDisjointCounts({ ...tell(truth, rules), total }, unknown)
        expect(mismatch).toBeNull()
        expect(counts).toMatchObject({ inputUncached: truth.fresh, outputText: truth.text })
      }
    }),
    { numRuns: testSize(300, 20_000) },
  )
})

test('a cache that is larger than the input lies beside it, and reasoning that is larger than the output too', () => {
  expect(read({ input: 7, output: 21, cacheRead: 2_000, cacheWrite: 300 }).counts).toMatchObject({ inputUncached: 7, cacheRead: 2_000 })
  expect(read({ input: 10, output: 30, reasoning: 70 }).counts).toMatchObject({ outputText: 30, reasoning: 70 })
})

test('a total that no form explains is a mismatch in words, and the counts stay', () => {
  const { counts, mismatch } = read({ input: 10, output: 5, total: 99 })
  expect(mismatch).toBe('the total is 99, its parts add up to 15')
  expect(counts).toMatchObject({ inputUncached: 10, outputText: 5 })
})

test('a rule that is known stands against a total that leaves the cache out, as version 5 of the AI SDK tells it', () => {
  const { counts, mismatch } = read({ input: 500, output: 21, cacheRead: 100, total: 521 }, { cache: 'beside', reasoning: null })
  expect(mismatch).toBeNull()
  expect(counts).toMatchObject({ inputUncached: 500, cacheRead: 100 })
})

test('how long the cache keeps is split where it is told, and five minutes where it is not', () => {
  expect(read({ input: 400, cacheWrite: 300, cacheWrite1h: 200 }).counts).toMatchObject({ cacheWrite5m: 100, cacheWrite1h: 200 })
  expect(read({ input: 400, cacheWrite5m: 100, cacheWrite1h: 200 }).counts).toMatchObject({ cacheWrite5m: 100, cacheWrite1h: 200 })
  expect(read({ input: 400, cacheWrite: 300 }).counts).toMatchObject({ cacheWrite5m: 300, cacheWrite1h: 0 })
})

test('no counts, however hostile, give a class below zero or beyond what was told', () => {
  const count = fc.option(fc.nat(2 ** 40), { nil: null })
  const told = fc.record(Object.fromEntries(Object.keys(nothing).map((name) => [name, count])) as Record<keyof ToldCounts, typeof count>)
  const rule = fc.constantFrom('inside' as const, 'beside' as const, null)
  fc.assert(
    fc.property(told, rule, rule, (one, cache, reasoning) => {
      const { counts, imageTokens } = toDisjointCounts(one, { cache, reasoning })
      for (const value of [...Object.values(counts), imageTokens.input, imageTokens.output]) {
        expect(Number.isSafeInteger(value) && value >= 0).toBe(true)
      }
      const outputs = (counts.outputText ?? 0) + (counts.audioOut ?? 0)
      expect(outputs).toBeLessThanOrEqual(one.output ?? 0)
    }),
    { numRuns: testSize(500, 50_000) },
  )
})
