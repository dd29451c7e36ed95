import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inputClasses, oneRequest, outputClasses, sumOf } from '../../pricing/vector'
import { readTokens, type TokenRules } from './openai-tokens'

const read = (usage: Record<string, unknown>, rules: TokenRules = {}) => {
  const mismatches: string[] = []
  const { counts, imageTokens, isTold } = readTokens(usage, rules, mismatches)
  return { vector: oneRequest(counts), imageTokens, isTold, mismatches }
}

const count = fc.integer({ min: 0, max: 1_000_000 })
const rules = fc.record({ reasoning: fc.constantFrom('inside' as const, 'extra' as const, 'separate' as const) })

test('parts of a whole that fit are disjoint and add up to it', () => {
  fc.assert(
    fc.property(count, count, count, count, count, count, (cached, written, fresh, reasoning, audio, text) => {
      const input = cached + written + fresh
      const output = reasoning + audio + text
      const { vector, mismatches } = read({
        prompt_tokens: input,
        completion_tokens: output,
        total_tokens: input + output,
        prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
        completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: audio },
      })
      expect(mismatches).toEqual([])
      expect(vector).toEqual(
        oneRequest({ cacheRead: cached, cacheWrite5m: written, inputUncached: fresh, reasoning, audioOut: audio, outputText: text }),
      )
    }),
  )
})

const hostile = fc.oneof(
  count,
  fc.double(),
  fc.constantFrom<unknown>(null, undefined, -1, '7', {}, [], true, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60),
)
const names = ['cached_tokens', 'cache_write_tokens', 'audio_tokens', 'image_tokens', 'reasoning_tokens', 'text_tokens']
const details = fc.oneof(hostile, fc.record(Object.fromEntries(names.map((name) => [name, hostile])), { requiredKeys: [] }))

test('whatever a server tells, no class is negative or more than the whole, and nothing throws', () => {
  const usage = fc.record({
    prompt_tokens: hostile,
    completion_tokens: hostile,
    total_tokens: hostile,
    prompt_tokens_details: details,
    completion_tokens_details: details,
    prompt_cache_hit_tokens: hostile,
    prompt_cache_miss_tokens: hostile,
    reasoning_tokens: hostile,
  })
  fc.assert(
    fc.property(usage, rules, (told, rule) => {
      const { vector, imageTokens } = read(told, rule)
      for (const value of Object.values(vector)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true)
      const whole = (value: unknown) =>
        typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Math.round(value) + 0 : 0
      expect(sumOf(vector, inputClasses)).toBe(whole(told.prompt_tokens))
      expect(sumOf(vector, outputClasses)).toBeGreaterThanOrEqual(whole(told.completion_tokens))
      expect(imageTokens.input).toBeLessThanOrEqual(vector.inputUncached)
      expect(imageTokens.output).toBeLessThanOrEqual(vector.outputText)
    }),
  )
})

test('a part that is larger than its whole is cut to it, and told', () => {
  const { vector, mismatches } = read({ prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 11 } })
  expect(vector).toMatchObject({ cacheRead: 10, inputUncached: 0 })
  expect(mismatches).toEqual(['cached_tokens is 11 and only 10 of the input is left'])
})

test('an object without a count tells nothing', () => {
  expect(read({}).isTold).toBe(false)
  expect(read({ total_tokens: 5 }).isTold).toBe(false)
  expect(read({ prompt_tokens: 0 }).isTold).toBe(true)
})

test('where reasoning lies is read from the total, and from the rule of the provider without one', () => {
  const usage = (reasoning: number, total?: number) => ({
    prompt_tokens: 10,
    completion_tokens: 20,
    ...(total !== undefined && { total_tokens: total }),
    completion_tokens_details: { reasoning_tokens: reasoning },
  })
  const output = (told: Record<string, unknown>, rule: TokenRules = {}) => sumOf(read(told, rule).vector, outputClasses)
  expect(output(usage(5))).toBe(20)
  expect(output(usage(5), { reasoning: 'extra' })).toBe(25)
  expect(output(usage(5, 35))).toBe(25)
  expect(output(usage(5, 30), { reasoning: 'extra' })).toBe(20)
  expect(output(usage(50))).toBe(70)
  expect(output(usage(50, 30), { reasoning: 'separate' })).toBe(70)
})
