import { expect, test } from 'vitest'
import { oneRequest, type UsageVector } from '../pricing/vector'
import { type EstimateFacts, estimateUsage } from './estimate'
import type { CallReading, RequestReading } from './reading'

const request: RequestReading = {
  model: 'm',
  isStream: true,
  maxOutputTokens: null,
  maxInputTokens: 4_000,
  characters: 0,
  serviceTier: null,
  needsUsageOption: false,
}

const broken = (vector: Partial<UsageVector>, rest: Partial<CallReading> = {}): CallReading => ({
  vector: oneRequest(vector),
  imageTokens: { input: 0, output: 0 },
  quality: 'estimated',
  mismatch: null,
  model: 'm',
  responseId: null,
  finishReason: null,
  serviceTier: null,
  reportedNanos: null,
  error: null,
  characters: { text: 401, reasoning: 0 },
  ...rest,
})

const facts = (rest: Partial<EstimateFacts> = {}, asked: Partial<RequestReading> = {}): EstimateFacts => ({
  request: { ...request, ...asked },
  ratio: { charactersPerToken: 4 },
  billsOnDisconnect: false,
  end: 'aborted',
  isTold: false,
  ...rest,
})

test('an exact reading stays as it is', () => {
  const exact = broken({}, { quality: 'exact' })
  expect(estimateUsage(exact, facts())).toBe(exact)
})

test('output is what was received, whatever placeholder the opening event told, and its input stands', () => {
  const reading = broken({ inputUncached: 25, cacheRead: 7, outputText: 1 }, { characters: { text: 401, reasoning: 80 } })
  expect(estimateUsage(reading, facts({ inputCharacters: 9_999 }))).toMatchObject({
    quality: 'estimated',
    vector: oneRequest({ inputUncached: 25, cacheRead: 7, outputText: 101, reasoning: 20 }),
  })
})

test('a running count is not lowered', () => {
  expect(estimateUsage(broken({ inputUncached: 5, outputText: 300, reasoning: 9 }), facts()).vector).toMatchObject({
    outputText: 300,
    reasoning: 9,
  })
})

test('untold input comes from the prompt, else from the size of the request, and is never more than can be billed', () => {
  const input = (...args: Parameters<typeof facts>) => estimateUsage(broken({}), facts(...args)).vector.inputUncached
  expect(input({ inputCharacters: 1_001 })).toBe(251)
  expect(input()).toBe(1_000)
  expect(input({ inputCharacters: 40_000 })).toBe(4_000)
  expect(input({}, { maxInputTokens: null })).toBe(0)
})

test('speech is billed by what it says and not by tokens as well', () => {
  expect(estimateUsage(broken({}, { characters: { text: 0, reasoning: 0 } }), facts({}, { characters: 50 })).vector).toEqual(
    oneRequest({ characters: 50 }),
  )
})

test('an estimate is never more than the request allows, so that no reservation is exceeded by it', () => {
  const reading = broken({ inputUncached: 1 }, { characters: { text: 4_000, reasoning: 320 } })
  expect(estimateUsage(reading, facts({}, { maxOutputTokens: 100 })).vector).toMatchObject({ outputText: 20, reasoning: 80 })
  expect(estimateUsage(reading, facts({}, { maxOutputTokens: 50 })).vector).toMatchObject({ outputText: 0, reasoning: 50 })
})

test('where the provider bills what nobody reads, the estimate says that it is a lower bound', () => {
  const isLowerBound = (rest: Partial<EstimateFacts>) => estimateUsage(broken({}), facts(rest)).isLowerBound
  expect(isLowerBound({ billsOnDisconnect: true })).toBe(true)
  expect(isLowerBound({ billsOnDisconnect: true, end: 'broken' })).toBe(true)
  expect(isLowerBound({ billsOnDisconnect: true, end: 'complete' })).toBeUndefined()
  expect(isLowerBound({})).toBeUndefined()
})

test('usage that was told to its end and does not add up stays as it was told', () => {
  const reading = broken({ outputText: 3 }, { mismatch: 'x' })
  expect(estimateUsage(reading, facts({ end: 'complete', isTold: true })).vector).toEqual(reading.vector)
})

test('an error in place of any output costs nothing; after some output it costs what was received', () => {
  const error = { type: 'overloaded_error', code: null }
  const refused = broken({}, { error, characters: { text: 0, reasoning: 0 } })
  expect(estimateUsage(refused, facts()).vector).toEqual(oneRequest({ requests: 0 }))
  expect(estimateUsage(broken({}, { error }), facts()).vector).toMatchObject({ requests: 1, outputText: 101, inputUncached: 1_000 })
})

test.each([0, -1, Number.NaN])('a ratio of %d makes no sense: a token is then a character', (charactersPerToken) => {
  expect(estimateUsage(broken({}), facts({ ratio: { charactersPerToken } })).vector.outputText).toBe(401)
})
