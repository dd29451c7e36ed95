import type { RateTable } from '@keylease/shared/pricing/price'
import type { Catalogue } from './catalogue'
import type { PriceRow } from './price-rows'
import type { SourcedModel } from './source-models'

/** A thousand dollars for a single token or second: no provider asks for as much, a misplaced point does. */
const absurdRate = 1_000_000_000_000n * 1_000_000n

/** Why a book must not be taken; null when nothing speaks against it. */
export function findFault(catalogue: Catalogue, before: readonly PriceRow[]): string | null {
  const keys = catalogue.models.map(({ provider, model }) => `${provider}/${model}`)
  if (new Set(keys).size < keys.length) return 'it names a model twice'
  const known = new Set(before.map(({ provider, model }) => `${provider}/${model}`))
  const kept = keys.filter((key) => known.has(key)).length
  if (kept * 2 < known.size) return `it holds ${kept} of the ${known.size} models that are known`
  const wrong = catalogue.models.find(hasWrongRate)
  return wrong ? `the price of ${wrong.provider}/${wrong.model} is absurd` : null
}

const hasWrongRate = ({ segments }: SourcedModel) => segments.some(({ terms }) => [terms, ...terms.windows].some(isWrong))

const isWrong = ({ rates, contexts }: RateTable) =>
  [rates, ...contexts.map((tier) => tier.rates)].some((table) => Object.values(table).some((rate) => rate < 0n || rate > absurdRate))
