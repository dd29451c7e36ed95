import type { ModelMatch } from '@keylease/shared/pricing/match'
import type { PriceTerms, RegionPrice, TierPrice } from '@keylease/shared/pricing/price'
import type { RateClass, Rates } from '@keylease/shared/pricing/rates'
import { toRate } from './amounts'

/** What the source does not say, each with the page that says it. A rate that the source has stays as it is. */
export interface Correction {
  provider: string
  /** Of the ids in the book; null is every model. */
  match: ModelMatch | null
  url: string
  checkedOn: string
  serviceTiers?: Readonly<Record<string, TierPrice>>
  regions?: readonly RegionPrice[]
  minimums?: PriceTerms['minimums']
  rates?: Rates
  /** Where a page gives one rate as a part of another, in hundredths of a percent. */
  derived?: { name: RateClass; from: RateClass; basisPoints: number }
}

const checkedOn = '2026-11-21'
const half = { basisPoints: 5_000 }
const perMillion = (dollars: number) => toRate(dollars, 1_000_000)

const priorityUrl = 'https://openai.com/api-priority-processing/'
/** Dollars per million tokens of input, cached input and output. */
const openaiPriority: Readonly<Record<string, readonly [number, number | null, number]>> = {
  'gpt-5.5': [12.5, 1.25, 75],
  'gpt-5.4': [5, 0.5, 30],
  'gpt-5.4-mini': [1.5, 0.15, 9],
  'gpt-5.2': [3.5, 0.35, 28],
  'gpt-5.1': [2.5, 0.25, 20],
  'gpt-5': [2.5, 0.25, 20],
  'gpt-5-mini': [0.45, 0.045, 3.6],
  'gpt-4.1': [3.5, 0.875, 14],
  'gpt-4.1-mini': [0.7, 0.175, 2.8],
  'gpt-4.1-nano': [0.2, 0.05, 0.8],
  'gpt-4o': [4.25, 2.125, 17],
  'gpt-4o-2024-05-13': [8.75, null, 26.25],
  'gpt-4o-mini': [0.25, 0.125, 1],
  o3: [3.5, 0.875, 14],
  'o4-mini': [2, 0.5, 8],
}

const openai: readonly Correction[] = [
  {
    provider: 'openai',
    match: null,
    url: 'https://developers.openai.com/api/docs/guides/flex-processing',
    checkedOn,
    serviceTiers: { batch: half, flex: half },
  },
  ...Object.entries(openaiPriority).map(([model, [input, cached, output]]) => ({
    provider: 'openai',
    match: { equals: model },
    url: priorityUrl,
    checkedOn,
    serviceTiers: {
      priority: {
        rates: {
          inputUncached: perMillion(input),
          ...(cached === null ? {} : { cacheRead: perMillion(cached) }),
          outputText: perMillion(output),
        },
        contexts: [],
      },
    },
  })),
]

const claudePricing = 'https://platform.claude.com/docs/en/about-claude/pricing'
const fastMode = 'https://platform.claude.com/docs/en/build-with-claude/fast-mode'
const premium = 11_000

/** inference_geo at Anthropic itself, the region of the endpoint at Vertex; both since these models. */
const claudeRegions = ['anthropic', 'google'].map((provider) => ({
  provider,
  match: { regex: '^claude-(haiku-4-5|sonnet-4-[5-9]|opus-4-[5-9]|(sonnet|opus|haiku|fable|mythos)-[5-9])' },
  url: claudePricing,
  checkedOn,
  regions: ['us', 'eu', 'us-*', 'europe-*', 'asia-*'].map((region) => ({ region, basisPoints: premium })),
}))

/** An hour in the cache costs twice the input, wherever the model runs. */
const claudeHours = [
  { provider: 'bedrock', match: { contains: 'anthropic.claude' } },
  { provider: 'google', match: { startsWith: 'claude-' } },
].map((models) => ({
  ...models,
  url: claudePricing,
  checkedOn,
  derived: { name: 'cacheWrite1h', from: 'inputUncached', basisPoints: 20_000 } as const,
}))

const anthropic: readonly Correction[] = [
  ...claudeRegions,
  ...claudeHours,
  {
    provider: 'anthropic',
    match: null,
    url: 'https://platform.claude.com/docs/en/build-with-claude/batch-processing',
    checkedOn,
    serviceTiers: { batch: half },
  },
  {
    provider: 'anthropic',
    match: { equals: 'claude-opus-4-6' },
    url: fastMode,
    checkedOn,
    serviceTiers: { fast: { basisPoints: 60_000 } },
  },
  { provider: 'anthropic', match: { equals: 'claude-opus-5' }, url: fastMode, checkedOn, serviceTiers: { fast: { basisPoints: 20_000 } } },
]

/** The figures of the other tiers at Google and Bedrock are not on their pages: calls in those tiers stay unpriced. */
const clouds: readonly Correction[] = [
  {
    provider: 'google',
    match: null,
    url: 'https://ai.google.dev/gemini-api/docs/optimization',
    checkedOn,
    serviceTiers: { batch: half, flex: half },
  },
  {
    // Its price list names audio apart only where it costs something else.
    provider: 'google',
    match: { contains: 'gemini' },
    url: 'https://ai.google.dev/gemini-api/docs/pricing',
    checkedOn,
    derived: { name: 'audioIn', from: 'inputUncached', basisPoints: 10_000 },
  },
  {
    provider: 'bedrock',
    match: null,
    url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/capacity-limits-cost-optimization.html',
    checkedOn,
    serviceTiers: { batch: half },
  },
]

const others: readonly Correction[] = [
  {
    provider: 'voyage',
    match: null,
    url: 'https://docs.voyageai.com/docs/pricing',
    checkedOn,
    serviceTiers: { batch: { basisPoints: 6_700 } },
  },
  {
    provider: 'cohere',
    match: { equals: 'embed-v4.0' },
    url: 'https://cohere.com/pricing',
    checkedOn,
    rates: { imageIn: perMillion(0.47) },
  },
  {
    provider: 'groq',
    match: { startsWith: 'whisper-' },
    url: 'https://console.groq.com/docs/speech-to-text',
    checkedOn,
    minimums: { seconds: 10 },
  },
]

export const corrections: readonly Correction[] = [...openai, ...anthropic, ...clouds, ...others]
