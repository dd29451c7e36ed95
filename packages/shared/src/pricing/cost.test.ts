import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { computeCost, explainCost, type PricedUsage } from './cost'
import { type PriceTerms, plainTerms } from './price'
import { type RateClass, rateClasses } from './rates'
import { oneRequest, type UsageClass, type UsageVector, usageClasses } from './vector'

const usage = (counts: Partial<UsageVector>, rest: Partial<PricedUsage> = {}): PricedUsage => ({
  vector: oneRequest(counts),
  imageTokens: { input: 0, output: 0 },
  serviceTier: null,
  region: null,
  at: new Date('2026-11-21T12:00:00Z'),
  ...rest,
})
const terms = (rates: PriceTerms['rates'], rest: Partial<PriceTerms> = {}): PriceTerms => ({ ...plainTerms(rates), ...rest })

const anyRates = fc.record(
  Object.fromEntries(rateClasses.map((name) => [name, fc.bigInt({ min: 0n, max: 10n ** 18n })])) as Record<RateClass, fc.Arbitrary<bigint>>,
)
const anyVector = fc.record(
  Object.fromEntries(usageClasses.map((name) => [name, fc.nat({ max: 10 ** 9 })])) as Record<UsageClass, fc.Arbitrary<number>>,
)
const points = fc.nat({ max: 60_000 })

/** Rounds a fraction as the definition of half-even says it, by nothing that the engine uses. */
function roundFraction(numerator: bigint, denominator: bigint): bigint {
  const below = numerator / denominator
  const rest = numerator - below * denominator
  if (rest * 2n === denominator) return below % 2n === 0n ? below : below + 1n
  return rest * 2n > denominator ? below + 1n : below
}

describe('a cost', () => {
  it('is the sum of what each class costs, exact to the nano, rounded once', () => {
    fc.assert(
      fc.property(anyVector, anyRates, points, points, fc.integer({ min: 0, max: 10_000 }), (vector, rates, tier, region, paid) => {
        const price = terms(rates, { serviceTiers: { batch: { basisPoints: tier } }, regions: [{ region: 'eu', basisPoints: region }] })
        const fees: UsageClass[] = ['images', 'requests', 'searches', 'seconds', 'characters']
        const sum = usageClasses.reduce((total, name) => {
          const factor = fees.includes(name) ? 10n ** 8n : BigInt(tier) * BigInt(region)
          return total + BigInt(vector[name]) * rates[name] * factor
        }, 0n)
        const given = { ...usage({}), vector, serviceTier: 'batch', region: 'eu' }
        expect(computeCost(given, price, paid)).toBe(roundFraction(sum * BigInt(paid), 10n ** 18n))
      }),
    )
  })

  it('of two parts is that of the whole, but for the rounding of each', () => {
    fc.assert(
      fc.property(anyVector, anyVector, anyRates, (one, other, rates) => {
        const both = Object.fromEntries(usageClasses.map((name) => [name, one[name] + other[name]])) as UsageVector
        const [left, right, whole] = [one, other, both].map((vector) => computeCost({ ...usage({}), vector }, terms(rates)) ?? -1n)
        const drift = (left ?? 0n) + (right ?? 0n) - (whole ?? 0n)
        expect(drift >= -1n && drift <= 1n).toBe(true)
      }),
    )
  })

  it('never falls when more is used or a rate rises', () => {
    const name = fc.constantFrom(...usageClasses)
    fc.assert(
      fc.property(anyVector, anyRates, name, fc.nat({ max: 10 ** 6 }), (vector, rates, changed, more) => {
        const before = computeCost({ ...usage({}), vector }, terms(rates)) ?? 0n
        const moreUsed = { ...vector, [changed]: vector[changed] + more }
        const moreAsked = { ...rates, [changed]: rates[changed] + BigInt(more) }
        expect((computeCost({ ...usage({}), vector: moreUsed }, terms(rates)) ?? -1n) >= before).toBe(true)
        expect((computeCost({ ...usage({}), vector }, terms(moreAsked)) ?? -1n) >= before).toBe(true)
      }),
    )
  })

  it.each([
    [1, 500_000n, 0n],
    [3, 500_000n, 2n],
    [5, 500_000n, 2n],
    [1, 500_001n, 1n],
    [1, 499_999n, 0n],
  ])('of %s tokens at %s nanos a million is %s: a half goes to the even', (count, rate, expected) => {
    expect(computeCost(usage({ inputUncached: count }), terms({ inputUncached: rate }))).toBe(expected)
  })

  it('takes seconds in fractions', () => {
    expect(computeCost(usage({ seconds: 8.47 }), terms({ seconds: 100_000_000_000n }))).toBe(847_000n)
  })
})

describe('what has no rate', () => {
  const rates = { inputUncached: 2_000_000n, outputText: 10_000_000n }

  it.each<[Partial<UsageVector>, bigint | null]>([
    [{ cacheRead: 10 }, 20n],
    [{ cacheWrite5m: 10 }, 20n],
    [{ cacheWrite1h: 10 }, 20n],
    [{ reasoning: 10 }, 100n],
    [{ requests: 5 }, 0n],
    [{ audioIn: 1 }, null],
    [{ audioOut: 1 }, null],
    [{ images: 1 }, null],
    [{ searches: 1 }, null],
    [{ seconds: 1 }, null],
    [{ characters: 1 }, null],
    [{ characters: 1, inputUncached: 10 }, 20n],
  ])('%j costs %s', (counts, expected) => {
    expect(computeCost(usage({ requests: 0, ...counts }), terms(rates))).toBe(expected)
  })

  it('is named, and never counted as nothing', () => {
    const { nanos, gaps } = explainCost(usage({ inputUncached: 10, searches: 1, audioOut: 3 }), terms(rates))
    expect(nanos).toBeNull()
    expect(gaps).toEqual([
      { kind: 'class', name: 'audioOut' },
      { kind: 'class', name: 'searches' },
    ])
  })

  it('leaves images alone that their tokens pay for', () => {
    const given = usage({ outputText: 100, images: 1 }, { imageTokens: { input: 0, output: 100 } })
    expect(computeCost(given, terms({ ...rates, imageOut: 50_000_000n }))).toBe(5_000n)
  })

  it('takes image tokens out of the text that holds them', () => {
    const given = usage({ inputUncached: 100 }, { imageTokens: { input: 40, output: 0 } })
    expect(computeCost(given, terms({ ...rates, imageIn: 1_000_000n }))).toBe(160n)
    expect(computeCost(given, terms(rates))).toBe(200n)
    expect(explainCost(usage({ inputUncached: 10 }, { imageTokens: { input: 40, output: 0 } }), terms(rates)).gaps).toEqual([
      { kind: 'count', name: 'inputUncached' },
    ])
  })

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300])('a count of %s has no cost', (count) => {
    expect(computeCost(usage({ outputText: count }), terms(rates))).toBeNull()
  })
})

describe('a tier', () => {
  const price = terms(
    { inputUncached: 2_000_000n, outputText: 10_000_000n, searches: 10_000_000_000n },
    {
      contexts: [
        { from: 200_001, rates: { inputUncached: 4_000_000n } },
        { from: 400_000, rates: { inputUncached: 6_000_000n, outputText: 20_000_000n } },
      ],
      windows: [{ startSecond: 59_400, endSecond: 1_800, rates: { inputUncached: 1_000_000n }, contexts: [] }],
      serviceTiers: { batch: { basisPoints: 5_000 }, priority: { rates: { inputUncached: 3_000_000n }, contexts: [] } },
      regions: [{ region: 'eu-*', basisPoints: 11_000 }],
    },
  )

  it.each([
    [200_000, 400_000n],
    [200_001, 800_004n],
    [399_999, 1_599_996n],
    [400_000, 2_400_000n],
  ])('of context reprices the whole request of %s tokens', (tokens, expected) => {
    expect(computeCost(usage({ inputUncached: tokens }), price)).toBe(expected)
  })

  it('of context counts cached tokens, and what a class does not name stays as it was', () => {
    expect(computeCost(usage({ inputUncached: 1, cacheRead: 200_000, outputText: 10 }), price)).toBe(800_004n + 100n)
    expect(computeCost(usage({ inputUncached: 10 }, { inputTokensForTier: 200_001 }), price)).toBe(40n)
  })

  it.each([
    ['16:29:59', 20n],
    ['16:30:00', 10n],
    ['00:29:59', 10n],
    ['00:30:00', 20n],
  ])('of the day begins at its start and ends before its end: %s', (time, expected) => {
    expect(computeCost(usage({ inputUncached: 10 }, { at: new Date(`2026-11-21T${time}.999Z`) }), price)).toBe(expected)
  })

  it.each<[string | null, bigint | null]>([
    [null, 10_000_020n],
    ['default', 10_000_020n],
    ['ON_DEMAND', 10_000_020n],
    ['batch', 10_000_010n],
    ['priority', 10_000_030n],
    ['flex', null],
    ['constructor', null],
    ['__proto__', null],
  ])('of service %s changes what tokens cost and nothing else, and is told when it has no price', (serviceTier, expected) => {
    expect(computeCost(usage({ inputUncached: 10, searches: 1_000 }, { serviceTier }), price)).toBe(expected)
  })

  it.each<[string | null, bigint]>([
    ['eu-west-1', 2_200n],
    ['us-east-1', 2_000n],
    [null, 2_000n],
  ])('of region %s', (region, expected) => {
    expect(computeCost(usage({ inputUncached: 1_000 }, { region }), price)).toBe(expected)
  })
})

test('a call is billed for the least that its price names', () => {
  const price = terms({ seconds: 1_000_000n }, { minimums: { seconds: 10 } })
  expect([0, 3, 10, 11].map((seconds) => computeCost(usage({ seconds }), price))).toEqual([0n, 10n, 10n, 11n])
})
