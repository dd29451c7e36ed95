import type { CreatePrice, Price } from '@keylease/shared/contracts/prices'
import { type PriceTerms, plainTerms, type RateTable } from '@keylease/shared/pricing/price'
import type { ListedPrice } from './list-book'
import type { AgreedPriceRow } from './queries'
import { readTermsJson, type TermsJson, toRatesJson, toTermsJson } from './terms-json'

export const toListPrice = (price: ListedPrice): Price => ({
  id: price.id,
  kind: 'list',
  provider: price.provider,
  model: price.model,
  terms: toTerms(price),
  discountBasisPoints: null,
  effectiveFrom: toTime(price.effectiveFrom),
  effectiveTo: toTime(price.effectiveTo),
  source: price.source === 'keylease' ? 'keylease' : 'genai-prices',
  sourceUrl: price.sourceUrl,
  version: price.version,
})

export const toAgreedPrice = (row: AgreedPriceRow): Price => ({
  id: row.id,
  kind: row.kind === 'override' ? 'override' : 'discount',
  provider: row.provider,
  model: row.model,
  terms: row.terms === null ? null : toTerms(readTermsJson(row.terms as unknown as TermsJson)), // the column holds what toTermsColumn made
  discountBasisPoints: row.discountBasisPoints,
  effectiveFrom: row.effectiveFrom.toISOString(),
  effectiveTo: row.effectiveTo?.toISOString() ?? null,
  source: 'organization',
  sourceUrl: null,
  version: row.id,
})

/** What was agreed, as the column holds it; null for a discount. */
export function toTermsColumn({ ratesNanos, contexts = [], serviceTiers = [] }: CreatePrice): TermsJson | null {
  if (ratesNanos === undefined) return null
  return toTermsJson({
    ...plainTerms(ratesNanos),
    contexts: contexts.map((tier) => ({ from: tier.from, rates: tier.ratesNanos })),
    serviceTiers: Object.fromEntries(serviceTiers.map(({ serviceTier, basisPoints }) => [serviceTier.toLowerCase(), { basisPoints }])),
  })
}

function toTerms(terms: PriceTerms): NonNullable<Price['terms']> {
  return {
    ...toTable(terms),
    windows: terms.windows.map((window) => ({
      startsAt: toTimeOfDay(window.startSecond),
      endsAt: toTimeOfDay(window.endSecond),
      ...toTable(window),
    })),
    serviceTiers: Object.entries(terms.serviceTiers).map(([serviceTier, tier]) =>
      'rates' in tier
        ? { serviceTier, basisPoints: null, rates: toTable(tier) }
        : { serviceTier, basisPoints: tier.basisPoints, rates: null },
    ),
    regions: [...terms.regions],
    minimums: terms.minimums,
    contextTokens: terms.contextTokens,
  }
}

const toTable = ({ rates, contexts }: RateTable) => ({
  ratesNanos: toRatesJson(rates),
  contexts: contexts.map((tier) => ({ from: tier.from, ratesNanos: toRatesJson(tier.rates) })),
})

const toTime = (time: number | null) => (time === null ? null : new Date(time).toISOString())
const toTimeOfDay = (second: number) => new Date(second * 1000).toISOString().slice(11, 19)
