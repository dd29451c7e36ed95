import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneRequest } from '../pricing/vector'
import { assumeUsage, type ModelLimits } from './assume'
import type { RequestReading, UsageReading } from './reading'

const toReading = (rest: Partial<UsageReading> = {}): UsageReading => ({
  vector: oneRequest(),
  imageTokens: { input: 0, output: 0 },
  quality: 'assumed',
  mismatch: null,
  raw: null,
  model: null,
  responseId: null,
  finishReason: null,
  serviceTier: null,
  reportedNanos: null,
  error: null,
  characters: { text: 0, reasoning: 0 },
  ...rest,
})
const toRequest = (rest: Partial<RequestReading> = {}): RequestReading => ({
  model: 'gpt-5-mini',
  isStream: false,
  maxOutputTokens: 500,
  maxInputTokens: 2_000,
  characters: 0,
  serviceTier: null,
  needsUsageOption: false,
  ...rest,
})
const limits: ModelLimits = { contextTokens: 400_000, outputTokens: 128_000 }
const unknown: ModelLimits = { contextTokens: null, outputTokens: null }

test('a request that bounds itself counts with its own bounds', () => {
  expect(assumeUsage(toReading(), toRequest(), limits)).toMatchObject({ vector: { inputUncached: 2_000, outputText: 500 }, mismatch: null })
})

test('what a request leaves open counts with all that its model can do', () => {
  const open = toRequest({ maxInputTokens: null, maxOutputTokens: null })
  expect(assumeUsage(toReading(), open, limits).vector).toMatchObject({ inputUncached: 400_000, outputText: 128_000 })
  expect(assumeUsage(toReading(), open, { ...limits, outputTokens: null }).vector).toMatchObject({ outputText: 400_000 })
})

test('where nobody knows a bound, what is known counts and the reading says what is not', () => {
  const picture = assumeUsage(toReading(), toRequest({ maxInputTokens: null }), unknown)
  expect(picture).toMatchObject({ vector: { inputUncached: 0, outputText: 500 }, mismatch: expect.stringContaining('the input is known') })
  const open = assumeUsage(toReading(), toRequest({ maxInputTokens: null, maxOutputTokens: null }), unknown)
  expect(open.mismatch).toContain('the input and the output')
})

test('speech, and what a provider or a count told, stay as they are', () => {
  const speech = toReading({ vector: oneRequest({ characters: 40 }) })
  expect(assumeUsage(speech, toRequest({ characters: 40, maxOutputTokens: null }), limits)).toEqual(speech)
  for (const quality of ['exact', 'estimated'] as const)
    expect(assumeUsage(toReading({ quality }), toRequest(), limits)).toEqual(toReading({ quality }))
})

test('it never counts less than was told, nor less than the request allowed', () => {
  const bound = fc.option(fc.nat(1_000_000))
  fc.assert(
    fc.property(fc.nat(1_000_000), bound, bound, bound, (told, maxInputTokens, maxOutputTokens, contextTokens) => {
      const reading = toReading({ vector: oneRequest({ inputUncached: told, outputText: told }) })
      const { vector } = assumeUsage(reading, toRequest({ maxInputTokens, maxOutputTokens }), { contextTokens, outputTokens: null })
      expect(vector.inputUncached).toBeGreaterThanOrEqual(Math.max(told, maxInputTokens ?? contextTokens ?? 0))
      expect(vector.outputText).toBeGreaterThanOrEqual(Math.max(told, maxOutputTokens ?? contextTokens ?? 0))
    }),
  )
})
