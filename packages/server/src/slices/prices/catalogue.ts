import { compileMatch } from '@keylease/shared/pricing/match'
import type { PriceTerms, RateTable } from '@keylease/shared/pricing/price'
import { completions, completionsVersion } from './completions'
import { type Correction, corrections } from './corrections'
import { bundledSourceVersion, type PriceSource, readBundledSource } from './source'
import { type SourcedModel, toSourcedModels } from './source-models'

/** What the book should hold: the source's prices, corrected and completed by ours. */
export interface Catalogue {
  version: string
  models: readonly SourcedModel[]
}

/** Names what came with the program, in an order that tells which is newer. */
export const bundle = `genai-prices ${bundledSourceVersion}, keylease ${completionsVersion}`

export const readBundledCatalogue = async (): Promise<Catalogue> => ({ version: bundle, models: toModels(await readBundledSource()) })

export const toCatalogue = (source: PriceSource, sourceVersion: string): Catalogue => ({
  version: `genai-prices ${sourceVersion}, keylease ${completionsVersion}`,
  models: toModels(source),
})

function toModels(source: PriceSource): SourcedModel[] {
  const sourced = toSourcedModels(source)
  const known = new Set(sourced.map(({ provider, model }) => `${provider}/${model.toLowerCase()}`))
  const added = completions.filter(({ provider, model }) => !known.has(`${provider}/${model}`))
  return [...sourced, ...added].map(correct)
}

const tests = corrections.map((correction) => ({ correction, test: correction.match ? compileMatch(correction.match) : () => true }))

function correct(model: SourcedModel): SourcedModel {
  const own = tests.filter(({ correction, test }) => correction.provider === model.provider && test(model.model.toLowerCase()))
  if (own.length === 0) return model
  return { ...model, segments: model.segments.map((segment) => ({ ...segment, terms: own.reduce(applyCorrection, segment.terms) })) }
}

function applyCorrection(terms: PriceTerms, { correction }: { correction: Correction }): PriceTerms {
  return {
    ...completeRates(terms, correction),
    windows: terms.windows.map((window) => ({ ...window, ...completeRates(window, correction) })),
    serviceTiers: { ...correction.serviceTiers, ...terms.serviceTiers },
    regions: [...terms.regions, ...(correction.regions ?? [])],
    minimums: { ...correction.minimums, ...terms.minimums },
    contextTokens: terms.contextTokens,
  }
}

function completeRates({ rates, contexts }: RateTable, { rates: missing, derived }: Correction): RateTable {
  const complete = (own: RateTable['rates']) => ({ ...derive(own, derived), ...own })
  return {
    rates: { ...missing, ...complete(rates) },
    contexts: contexts.map((tier) => ({ from: tier.from, rates: complete(tier.rates) })),
  }
}

function derive(rates: RateTable['rates'], derived: Correction['derived']): RateTable['rates'] {
  const base = derived && rates[derived.from]
  return derived === undefined || base === undefined ? {} : { [derived.name]: (base * BigInt(derived.basisPoints)) / 10_000n }
}
