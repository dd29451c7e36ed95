import type { ModelMatch } from './match'
import type { RateClass, Rates } from './rates'

/** Of the input tokens, cached ones included: from `from` on, the whole request costs these rates. */
export interface ContextTier {
  from: number
  rates: Rates
}

/** Rates by the size of the request; a class that a tier leaves out keeps its base rate. */
export interface RateTable {
  rates: Rates
  contexts: readonly ContextTier[]
}

/** Seconds of the UTC day, the end not included; an end before the start goes past midnight. */
export interface TimeWindow extends RateTable {
  startSecond: number
  endSecond: number
}

/** Ten thousand is the list price. */
export type BasisPoints = number

/** What another service tier costs: a part of the token rates, or rates of its own. */
export type TierPrice = { basisPoints: BasisPoints } | RateTable

/** What a region adds to the token rates. */
export interface RegionPrice {
  /** As the provider or the key names it; `*` at its end stands for any rest. */
  region: string
  basisPoints: BasisPoints
}

/** How much one model costs, whoever says so. */
export interface PriceTerms extends RateTable {
  windows: readonly TimeWindow[]
  serviceTiers: Readonly<Record<string, TierPrice>>
  regions: readonly RegionPrice[]
  /** The least that one call is billed for, of a class that it used at all. */
  minimums: Readonly<Partial<Record<RateClass, number>>>
  /** What the model can take in one call; null where nobody says. A fact beside the price and no part of it. */
  contextTokens: number | null
}

/** One effective-dated price of one model. */
export interface Price extends PriceTerms {
  id: string
  version: string
  provider: string
  model: string
  /** Milliseconds; null has no bound. The end is not included. */
  effectiveFrom: number | null
  effectiveTo: number | null
}

/** A model as the book knows it: its prices in time, oldest first, and the names that lead to it. */
export interface PricedModel {
  provider: string
  model: string
  match: ModelMatch | null
  prices: readonly Price[]
}

export const plainTerms = (rates: Rates): PriceTerms => ({
  rates,
  contexts: [],
  windows: [],
  serviceTiers: {},
  regions: [],
  minimums: {},
  contextTokens: null,
})

export const isEffective = (dated: Pick<Price, 'effectiveFrom' | 'effectiveTo'>, at: number): boolean =>
  (dated.effectiveFrom === null || at >= dated.effectiveFrom) && (dated.effectiveTo === null || at < dated.effectiveTo)
