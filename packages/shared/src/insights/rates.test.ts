import { expect, test } from 'vitest'
import { oneRequest } from '../pricing/vector'
import { cacheShare, costPerMillionTokens, costPerRequest, errorRate, shareOf } from './rates'

test('what has nothing to be divided by is null and never zero', () => {
  expect([
    errorRate(0, 0),
    costPerRequest(5n, 2, 2),
    costPerMillionTokens(5n, oneRequest()),
    cacheShare(oneRequest()),
    shareOf(0n, 0n),
  ]).toEqual([...[null, null, null, null, null]])
})

test('a request without a price makes the others no cheaper', () => expect(costPerRequest(100n, 5, 1)).toBe(25n))

test('tokens are those that were read and written, in whatever class', () => {
  const tokens = oneRequest({
    inputUncached: 200,
    cacheRead: 100,
    cacheWrite5m: 50,
    audioIn: 50,
    outputText: 60,
    reasoning: 30,
    audioOut: 10,
    characters: 9,
  })
  expect(costPerMillionTokens(1n, tokens)).toBe(2_000n)
  expect(cacheShare(tokens)).toBe(0.25)
})

test('shares are exact where sums are larger than a number holds', () => {
  expect(shareOf(10n ** 30n, 4n * 10n ** 30n)).toBe(0.25)
  expect(errorRate(1, 4)).toBe(0.25)
})
