import type { ModelMatch } from '@keylease/shared/pricing/match'
import { type PriceTerms, plainTerms, type TimeWindow } from '@keylease/shared/pricing/price'
import { rateClasses } from '@keylease/shared/pricing/rates'
import { type PriceSource, type SourceModel, type SourcePrices, type SourceProvider, timeOfDay } from './source'
import { toRateTable } from './source-terms'

/** What a model costs from a time on. Null: since ever, as far as the source knows. */
export interface DatedTerms {
  from: number | null
  terms: PriceTerms
  source: 'genai-prices' | 'keylease'
  sourceUrl: string | null
}

export interface SourcedModel {
  provider: string
  model: string
  match: ModelMatch | null
  segments: readonly DatedTerms[]
}

/** How the source calls providers that have another id here; every other keeps its own. */
const providerIds: Readonly<Record<string, string>> = { aws: 'bedrock', 'x-ai': 'xai', voyageai: 'voyage' }

export const toProviderId = (sourceId: string): string =>
  Object.hasOwn(providerIds, sourceId) ? (providerIds[sourceId] ?? sourceId) : sourceId

export const toSourcedModels = (source: PriceSource): SourcedModel[] =>
  source.flatMap((provider) => provider.models.flatMap((model) => toSourcedModel(provider, model)))

/** A model whose price has nothing that we count is left out: without a price it is unpriced, and that is said. */
function toSourcedModel(provider: SourceProvider, model: SourceModel): SourcedModel[] {
  const origin = { source: 'genai-prices' as const, sourceUrl: provider.pricing_urls?.[0] ?? null }
  const segments = listDated(model).flatMap(({ from, prices, windows }) => {
    const terms = toTerms(model, prices, windows)
    return terms === null ? [] : [{ from, terms, ...origin }]
  })
  return segments.length === 0 ? [] : [{ provider: toProviderId(provider.id), model: model.id, match: model.match, segments }]
}

interface Dated {
  from: number | null
  prices: SourcePrices
  windows: { startTime: string; endTime: string; prices: SourcePrices }[]
}

/** Times of the day belong to the dated price before them: before its date nobody had announced them. */
function listDated({ prices }: SourceModel): Dated[] {
  if (!isList(prices)) return [{ from: null, prices, windows: [] }]
  const dated: Dated[] = []
  for (const { constraint, prices: own } of prices) {
    if (constraint && 'startTime' in constraint) dated.at(-1)?.windows.push({ ...constraint, prices: own })
    else dated.push({ from: constraint ? Date.parse(constraint.startDate) : null, prices: own, windows: [] })
  }
  return dated
}

type DatedList = Extract<SourceModel['prices'], readonly unknown[]>
const isList = (prices: SourceModel['prices']): prices is DatedList => Array.isArray(prices)

function toTerms(model: SourceModel, prices: SourcePrices, windows: Dated['windows']): PriceTerms | null {
  const contextTokens = model.context_window ?? null
  if (Object.keys(prices).length === 0) return isFree(model) ? { ...freeTerms, contextTokens } : null
  const table = toRateTable(prices)
  if (Object.keys(table.rates).length === 0) return null
  return { ...plainTerms({}), ...table, windows: windows.map(toWindow), contextTokens }
}

const toWindow = ({ startTime, endTime, prices }: Dated['windows'][number]): TimeWindow => ({
  startSecond: toSecondOfDay(startTime),
  endSecond: toSecondOfDay(endTime),
  ...toRateTable(prices),
})

/** The source writes no price for what is free, and for what it has no price of. Only where it says free is it free. */
const isFree = ({ id, price_comments: comments }: SourceModel) => id.endsWith(':free') || /\bfree of charge\b/i.test(comments ?? '')

const freeTerms = plainTerms(Object.fromEntries(rateClasses.map((name) => [name, 0n])))

/** In UTC, of a text that `timeOfDay` fits. */
function toSecondOfDay(text: string): number {
  const [, hours = 0, minutes = 0, seconds = 0, sign = '+', offsetHours = 0, offsetMinutes = 0] = timeOfDay.exec(text) ?? []
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -60 : 60)
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds) - offset + 86_400) % 86_400
}
