import type { ContextTier, PriceTerms, RateTable, TierPrice } from '@keylease/shared/pricing/price'
import { type RateClass, type Rates, rateClasses } from '@keylease/shared/pricing/rates'

/** Terms as a column holds them: amounts as decimal text, everything in one order, so that equal terms are equal text. */
export type TermsJson = ReturnType<typeof toPriceJson> & { contextTokens?: number }
type RatesJson = Partial<Record<RateClass, string>>
type TableJson = { rates: RatesJson; contexts: { from: number; rates: RatesJson }[] }
type TierJson = { basisPoints: number } | TableJson

export const toTermsJson = (terms: PriceTerms): TermsJson => ({
  ...toPriceJson(terms),
  ...(terms.contextTokens !== null && { contextTokens: terms.contextTokens }),
})

const toPriceJson = (terms: Omit<PriceTerms, 'contextTokens'>) => ({
  ...toTableJson(terms),
  windows: terms.windows.map((window) => ({
    startSecond: window.startSecond,
    endSecond: window.endSecond,
    ...toTableJson(window),
  })),
  serviceTiers: mapValues(terms.serviceTiers, toTierJson),
  regions: terms.regions.map(({ region, basisPoints }) => ({ region, basisPoints })),
  minimums: orderByClass(terms.minimums),
})

export const readTermsJson = (json: TermsJson): PriceTerms => ({
  ...readTable(json),
  windows: json.windows.map((window) => ({ startSecond: window.startSecond, endSecond: window.endSecond, ...readTable(window) })),
  serviceTiers: mapValues(json.serviceTiers, (tier): TierPrice => ('rates' in tier ? readTable(tier) : tier)),
  regions: json.regions,
  minimums: json.minimums,
  contextTokens: json.contextTokens ?? null,
})

/** The column keeps members in an order of its own. */
export const sortTermsJson = (json: TermsJson): TermsJson => toTermsJson(readTermsJson(json))

export function toRatesJson(rates: Rates): RatesJson {
  const json: RatesJson = {}
  for (const name of rateClasses) {
    const rate = rates[name]
    if (rate !== undefined) json[name] = rate.toString()
  }
  return json
}

const toTableJson = ({ rates, contexts }: RateTable): TableJson => ({
  rates: toRatesJson(rates),
  contexts: contexts.map((tier) => ({ from: tier.from, rates: toRatesJson(tier.rates) })),
})

const toTierJson = (tier: TierPrice): TierJson => ('rates' in tier ? toTableJson(tier) : { basisPoints: tier.basisPoints })

function readRates(json: RatesJson): Rates {
  const rates: Partial<Record<RateClass, bigint>> = {}
  for (const name of rateClasses) {
    const text = json[name]
    if (text !== undefined) rates[name] = BigInt(text)
  }
  return rates
}

const readTable = (json: TableJson): RateTable => ({
  rates: readRates(json.rates),
  contexts: json.contexts.map((tier): ContextTier => ({ from: tier.from, rates: readRates(tier.rates) })),
})

const orderByClass = (values: PriceTerms['minimums']): PriceTerms['minimums'] =>
  Object.fromEntries(rateClasses.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])))

const mapValues = <From, To>(values: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(
    Object.entries(values)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => [name, map(value)]),
  )
