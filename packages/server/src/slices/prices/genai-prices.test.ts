import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createPriceBook, findListPrice, type PriceBook } from '@keylease/shared/pricing/book'
import { computeCost, explainCost, type PricedUsage } from '@keylease/shared/pricing/cost'
import { oneRequest, type UsageVector } from '@keylease/shared/pricing/vector'
import { calcPrice, waitForUpdate } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { beforeAll, expect, test, vi } from 'vitest'
import { testSize } from '../../../test/size'
import { bundledSourceVersion, type PriceSource, readBundledSource } from './source'
import { toProviderId, toSourcedModels } from './source-models'
import { readTermsJson, toTermsJson } from './terms-json'
import { mergeTimeline } from './timeline'

/** The source's own engine is the oracle: its prices, through our import and our integers, must come to the same. */
let source: PriceSource
let book: PriceBook
const dates = ['2025-05-01T07:00:00Z', '2026-06-20T02:30:00Z', '2026-08-18T07:59:59Z', '2026-11-21T00:30:00Z', '2027-01-02T16:30:00Z']

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  source = await readBundledSource()
  const models = toSourcedModels(source).map((model) => ({
    provider: model.provider,
    model: model.model,
    match: model.match,
    prices: mergeTimeline(model, [], 'test', Date.now()).map((segment) => ({
      ...readTermsJson(segment.terms),
      id: segment.id,
      version: 'test',
      provider: model.provider,
      model: model.model,
      effectiveFrom: segment.effectiveFrom?.getTime() ?? null,
      effectiveTo: segment.effectiveTo?.getTime() ?? null,
    })),
  }))
  book = createPriceBook('test', models)
})

/** Where the two may differ, by name. Anything else is a mistake of ours. */
const disagreements = {
  'no price is not free':
    'Without a price the source counts a model as free, and one that is priced by the page too; we do only where it says so.',
  'audio is not text':
    'Where audio has no price the source bills it as text; we leave the call unpriced until somebody says what it costs.',
  'nothing is free unless a price says so': 'A search or a second without a price costs nothing there, and leaves the call unpriced here.',
  'a time of day does not come before its price': 'There, times of the day hold before the date of the prices that they belong to.',
} as const
type Disagreement = keyof typeof disagreements
type Model = PriceSource[number]['models'][number]

const usages = fc.record({
  inputUncached: fc.integer({ min: 0, max: 400_000 }),
  cacheRead: fc.integer({ min: 0, max: 100_000 }),
  cacheWrite5m: fc.integer({ min: 0, max: 50_000 }),
  cacheWrite1h: fc.integer({ min: 0, max: 50_000 }),
  outputText: fc.integer({ min: 0, max: 100_000 }),
  reasoning: fc.integer({ min: 0, max: 100_000 }),
  audioIn: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1_000),
  audioOut: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1_000),
  searches: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 3),
  seconds: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 90),
})

const toOracle = (vector: UsageVector) => ({
  input_tokens: vector.inputUncached + vector.cacheRead + vector.cacheWrite5m + vector.cacheWrite1h + vector.audioIn,
  cache_read_tokens: vector.cacheRead,
  cache_audio_read_tokens: 0,
  cache_image_read_tokens: 0,
  input_image_tokens: 0,
  output_image_tokens: 0,
  cache_write_tokens: vector.cacheWrite5m + vector.cacheWrite1h,
  cache_write_1h_tokens: vector.cacheWrite1h,
  output_tokens: vector.outputText + vector.reasoning + vector.audioOut,
  output_reasoning_tokens: vector.reasoning,
  input_audio_tokens: vector.audioIn,
  output_audio_tokens: vector.audioOut,
  web_searches: vector.searches,
  audio_seconds: vector.seconds,
  input_audio_seconds: vector.seconds,
})

test('every model of the source costs what the source says, at any usage and date', async () => {
  const providers = (await waitForUpdate()) ?? []
  const rounds = testSize(5, 300)
  const met = new Set<Disagreement>()
  const unexplained: string[] = []
  let compared = 0
  for (const provider of source) {
    const original = providers.find(({ id }) => id === provider.id)
    for (const model of provider.models) {
      const name = nameOf(model)
      for (const [index, counts] of fc.sample(usages, { numRuns: rounds, seed: 7 + model.id.length }).entries()) {
        const at = new Date(dates[index % dates.length] ?? '')
        const vector = oneRequest(counts)
        const oracle = original && calcPrice(toOracle(vector), name, { provider: original, timestamp: at })
        const found = book.findModel(toProviderId(provider.id), name)
        const price = findListPrice(book, toProviderId(provider.id), name, at)
        const ours = price && computeCost(usageOf(vector, at), price)
        compared += 1
        if (oracle && ours !== null && found?.model === oracle.model.id && isNear(ours, oracle.total_price)) continue
        const reason = ours === null ? explainGap(price, vector, at) : explainTime(model, at)
        if (reason) met.add(reason)
        else
          unexplained.push(
            `${provider.id}/${name} ${at.toISOString()} ${JSON.stringify(counts)}: ${ours}, not ${oracle?.total_price} of ${oracle?.model.id}`,
          )
      }
    }
  }
  expect(unexplained).toEqual([])
  expect(compared).toBeGreaterThan(1_500 * rounds)
  expect([...met].sort()).toEqual([...Object.keys(disagreements)].sort())
})

/** Ids of the source are titles: a name is what its match takes. */
function nameOf(model: Model): string {
  const find = (match: Model['match']): string | undefined => {
    if ('or' in match) return match.or.map(find).find(Boolean)
    if ('equals' in match) return match.equals
    if ('startsWith' in match) return match.startsWith
    if ('contains' in match) return match.contains
    return 'endsWith' in match ? match.endsWith : undefined
  }
  return find(model.match) ?? model.id
}

function explainGap(price: ReturnType<typeof findListPrice>, vector: UsageVector, at: Date): Disagreement {
  if (!price) return 'no price is not free'
  const names = explainCost(usageOf(vector, at), price).gaps.map(({ name }) => name)
  return names.some((name) => name.startsWith('audio')) ? 'audio is not text' : 'nothing is free unless a price says so'
}

const explainTime = (model: Model, at: Date): Disagreement | null =>
  /^deepseek-v4/.test(model.id) && at.getTime() < Date.parse('2026-08-17') ? 'a time of day does not come before its price' : null

const usageOf = (vector: UsageVector, at: Date): PricedUsage => ({
  vector,
  imageTokens: { input: 0, output: 0 },
  serviceTier: null,
  region: null,
  at,
})

/** Half a nano of rounding, and what floats lose. */
const isNear = (nanos: bigint, dollars: number) => Math.abs(Number(nanos) - dollars * 1e9) <= 0.5 + 1e-9 * Math.abs(dollars * 1e9)

test('the version of the source is that of the installed package', async () => {
  const entry = fileURLToPath(import.meta.resolve('@pydantic/genai-prices'))
  const { version } = JSON.parse(await readFile(new URL('../package.json', `file://${entry}`), 'utf8')) as { version: string }
  expect(bundledSourceVersion).toBe(version)
})

test('terms come back from their column as they went', () => {
  for (const model of book.models) {
    for (const price of model.prices) {
      const json = JSON.parse(JSON.stringify(toTermsJson(price))) as ReturnType<typeof toTermsJson>
      expect(toTermsJson(readTermsJson(json))).toEqual(toTermsJson(price))
    }
  }
})
