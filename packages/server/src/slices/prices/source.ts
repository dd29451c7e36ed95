import { z } from 'zod'

/** With Z or an offset, as in 16:30:00Z. */
export const timeOfDay = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/

const Amount = z.number().min(0)
const TieredAmount = z.object({ base: Amount, tiers: z.array(z.object({ start: z.number().int().min(0), price: Amount })).max(20) })
const ModelPrices = z.record(z.string(), z.union([Amount, TieredAmount]).optional())
const time = z.string().regex(timeOfDay)

/** With or without a type, as the two forms of the data write it. */
const Constraint = z.union([
  z.object({ start_date: z.iso.date() }).transform(({ start_date }) => ({ startDate: start_date })),
  z.object({ start_time: time, end_time: time }).transform((window) => ({ startTime: window.start_time, endTime: window.end_time })),
])

/** A pattern that the operator's source brings runs over names that callers choose: short, and checked to compile. */
const Pattern = z.string().max(200).refine(isPattern, 'a regular expression')

const ModelMatch = z.union([
  z.object({ equals: z.string() }),
  z.object({ starts_with: z.string() }).transform((match) => ({ startsWith: match.starts_with })),
  z.object({ ends_with: z.string() }).transform((match) => ({ endsWith: match.ends_with })),
  z.object({ contains: z.string() }),
  z.object({ regex: Pattern }),
  z.object({
    get or() {
      return z.array(ModelMatch)
    },
  }),
  z.object({
    get and() {
      return z.array(ModelMatch)
    },
  }),
])

const SourceModel = z.object({
  id: z.string().min(1).max(256),
  match: ModelMatch,
  prices: z.union([z.array(z.object({ constraint: Constraint.nullish(), prices: ModelPrices })).min(1), ModelPrices]),
  price_comments: z.string().nullish(),
  // A size that makes no sense stands in the way of no price.
  context_window: z.number().int().min(1).max(100_000_000).nullish().catch(null),
})
export type SourceModel = z.infer<typeof SourceModel>
export type SourcePrices = z.infer<typeof ModelPrices>

const SourceProvider = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  pricing_urls: z.array(z.string()).nullish(),
  models: z.array(SourceModel),
})
export type SourceProvider = z.infer<typeof SourceProvider>

/** The data of genai-prices: what the package brings, and the data.json of its repository. */
export const PriceSource = z.array(SourceProvider).min(1)
export type PriceSource = z.infer<typeof PriceSource>

/** The package has no version of its own to ask for; a test holds this against what is installed. */
export const bundledSourceVersion = '0.1.8'

/** Read only when it is needed: it is large, and most processes find their prices in the table. */
export async function readBundledSource(): Promise<PriceSource> {
  const { waitForUpdate } = await import('@pydantic/genai-prices')
  return PriceSource.parse(await waitForUpdate())
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text).source !== ''
  } catch {
    return false
  }
}
