import { divideHalfEven } from '../rounding'
import type { PriceTerms, RateTable } from './price'
import { countedElsewhere, findRate, type RateClass, type Rates, rateClasses, tokenClasses } from './rates'
import { toServiceTier } from './service-tier'
import { type ImageTokens, inputClasses, sumOf, type UsageVector } from './vector'

/** What is known of one call when it is priced. */
export interface PricedUsage {
  vector: UsageVector
  imageTokens: ImageTokens
  /** As the provider told it. */
  serviceTier: string | null
  region: string | null
  at: Date
  /** Where the tier goes by more than the vector holds: a part of a conversation that is billed apart. */
  inputTokensForTier?: number
}

/** What stands between a call and its cost: a class without a rate, a service tier without a price, or a count that is none. */
export type PriceGap = { kind: 'class'; name: RateClass } | { kind: 'serviceTier'; name: string } | { kind: 'count'; name: RateClass }

export type Cost = { nanos: bigint; gaps: readonly [] } | { nanos: null; gaps: readonly PriceGap[] }

const unitsPerRate = 1_000_000n
/** Seconds and the like come in fractions: where one does, counts are taken to the millionth. */
const fraction = 1_000_000
const listPoints = 10_000
const whole = BigInt(listPoints)

/** Exact in integers, rounded once at the end, half to even. Null where a part of the call has no price: never zero. */
export const computeCost = (usage: PricedUsage, price: PriceTerms, basisPoints = listPoints): bigint | null =>
  explainCost(usage, price, basisPoints).nanos

export function explainCost(usage: PricedUsage, price: PriceTerms, basisPoints = listPoints): Cost {
  const tier = toServiceTier(usage.serviceTier)
  const tierPrice = tier === null || !Object.hasOwn(price.serviceTiers, tier) ? undefined : price.serviceTiers[tier]
  if (tier !== null && tierPrice === undefined) return { nanos: null, gaps: [{ kind: 'serviceTier', name: tier }] }
  const table = tierPrice && 'rates' in tierPrice ? withFees(tierPrice, price.rates) : findTable(price, usage.at)
  const sums = addUp(usage, findRates(table, usage), price.minimums)
  if (sums.gaps.length > 0) return { nanos: null, gaps: sums.gaps }
  const tierPoints = tierPrice && 'basisPoints' in tierPrice ? tierPrice.basisPoints : listPoints
  const points = { tier: tierPoints, region: findRegionPoints(price, usage.region), paid: basisPoints }
  return { nanos: round(sums, points), gaps: [] }
}

/** Most calls are at list price, and small numbers divide faster. */
function round({ tokens, fees, scale }: Sums, points: { tier: number; region: number; paid: number }): bigint {
  const perUnit = unitsPerRate * BigInt(scale)
  if (points.tier === listPoints && points.region === listPoints && points.paid === listPoints)
    return divideHalfEven(tokens + fees, perUnit)
  const sum = (tokens * BigInt(points.tier) * BigInt(points.region) + fees * whole * whole) * BigInt(points.paid)
  return divideHalfEven(sum, perUnit * whole * whole * whole)
}

/** A tier with rates of its own has its own prices of tokens; what a search costs, it seldom changes. */
const withFees = (tier: RateTable, rates: Rates): RateTable => ({
  rates: { ...Object.fromEntries(Object.entries(rates).filter(([name]) => !isTokenClass.has(name as RateClass))), ...tier.rates },
  contexts: tier.contexts,
})

function findTable(price: PriceTerms, at: Date): RateTable {
  if (price.windows.length === 0) return price
  const second = Math.floor((at.getTime() % 86_400_000) / 1000)
  const window = price.windows.findLast(({ startSecond: start, endSecond: end }) =>
    end < start ? second >= start || second < end : second >= start && second < end,
  )
  return window ?? price
}

function findRates(table: RateTable, usage: PricedUsage): Rates {
  if (table.contexts.length === 0) return table.rates
  const tokens = usage.inputTokensForTier ?? sumOf(usage.vector, inputClasses)
  let found: { from: number; rates: Rates } | undefined
  for (const tier of table.contexts) if (tokens >= tier.from && (!found || tier.from >= found.from)) found = tier
  return found ? { ...table.rates, ...found.rates } : table.rates
}

function findRegionPoints(price: PriceTerms, region: string | null): number {
  if (region === null) return 10_000
  const found = price.regions.find(({ region: name }) => (name.endsWith('*') ? region.startsWith(name.slice(0, -1)) : region === name))
  return found?.basisPoints ?? 10_000
}

interface Sums {
  tokens: bigint
  fees: bigint
  /** How many of what was counted are one unit. */
  scale: number
  gaps: PriceGap[]
}

/** Image tokens are taken out of the text classes that hold them. */
function addUp({ vector, imageTokens }: PricedUsage, rates: Rates, minimums: PriceTerms['minimums']): Sums {
  const counts: Record<RateClass, number> = { ...vector, imageIn: imageTokens.input, imageOut: imageTokens.output }
  counts.inputUncached -= counts.imageIn
  counts.outputText -= counts.imageOut
  const scale = rateClasses.every((name) => Number.isInteger(counts[name])) ? 1 : fraction
  const sums: Sums = { tokens: 0n, fees: 0n, scale, gaps: [] }
  for (const name of rateClasses) {
    const count = counts[name]
    if (count === 0) continue
    const rate = findRate(rates, name)
    if (!(count > 0 && count <= Number.MAX_SAFE_INTEGER)) sums.gaps.push({ kind: 'count', name })
    else if (rate !== undefined) {
      const cost = scaleCount(Math.max(count, minimums[name] ?? 0), scale) * rate
      if (isTokenClass.has(name)) sums.tokens += cost
      else sums.fees += cost
    } else if (!countedElsewhere[name]?.by.some((other) => counts[other] > 0)) sums.gaps.push({ kind: 'class', name })
  }
  return sums
}

const isTokenClass: ReadonlySet<RateClass> = new Set(tokenClasses)

/** A whole number exactly; a fraction to the millionth. */
function scaleCount(count: number, scale: number): bigint {
  if (Number.isInteger(count)) return scale === 1 ? BigInt(count) : BigInt(count) * BigInt(scale)
  const units = Math.floor(count)
  return BigInt(units) * BigInt(scale) + BigInt(Math.round((count - units) * scale))
}
