import { plainTerms } from '@keylease/shared/pricing/price'
import type { Rates } from '@keylease/shared/pricing/rates'
import { toRate } from './amounts'
import type { SourcedModel } from './source-models'

/** Part of the version of the prices: raise it with every change here, in corrections.ts or in what is kept of the source. */
export const completionsVersion = '2026-11-21.1'

/**
 * Models that the source does not price. Images of dall-e cost by size and quality, which no answer tells: they stay unpriced.
 */
export const completions: readonly SourcedModel[] = [
  complete('openai', 'tts-1', 'https://platform.openai.com/docs/models/tts-1', { characters: toRate(15, 1_000_000) }),
  complete('openai', 'tts-1-hd', 'https://platform.openai.com/docs/models/tts-1-hd', { characters: toRate(30, 1_000_000) }),
  ...['rerank-v4.0-fast', 'rerank-v3.5', 'rerank-english-v3.0', 'rerank-multilingual-v3.0'].map((model) =>
    complete('cohere', model, 'https://cohere.com/pricing', { searches: toRate(2, 1_000) }),
  ),
  complete('cohere', 'rerank-v4.0-pro', 'https://cohere.com/pricing', { searches: toRate(2.5, 1_000) }),
  ...['rerank-2.5', 'rerank-2'].map((model) => voyageRerank(model, 0.05)),
  ...['rerank-2.5-lite', 'rerank-2-lite'].map((model) => voyageRerank(model, 0.02)),
]

function voyageRerank(model: string, dollars: number): SourcedModel {
  return complete('voyage', model, 'https://docs.voyageai.com/docs/pricing', { inputUncached: toRate(dollars, 1_000_000) })
}

function complete(provider: string, model: string, sourceUrl: string, rates: Rates): SourcedModel {
  return { provider, model, match: null, segments: [{ from: null, terms: plainTerms(rates), source: 'keylease', sourceUrl }] }
}
