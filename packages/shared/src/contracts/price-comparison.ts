import { z } from 'zod'
import { NanosText } from '../money'
import { costBases } from '../pricing/organization-price'
import { type UsageClass, usageClasses } from '../pricing/vector'
import { defineEndpoint } from './endpoint'
import { Id, Text, Timestamp } from './values'

const count = z.coerce.number().min(0).max(1_000_000_000_000).optional()
const counts = Object.fromEntries(usageClasses.map((name) => [name, count])) as Record<UsageClass, typeof count> // one for each name
const names = (maximum: number) =>
  Text(maximum).transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  )

export const ComparePrices = z.strictObject({
  ...counts,
  imageIn: count.describe('How many of inputUncached are image tokens.'),
  imageOut: count.describe('How many of outputText are image tokens.'),
  models: names(4_000).optional().describe('Only these, each as provider/model, between commas.').meta({ example: 'openai/gpt-5-mini' }),
  providers: names(1_000).optional().describe('Only models of these providers, between commas.').meta({ example: 'openai,anthropic' }),
  serviceTier: Text(60).optional(),
  region: Text(60).optional(),
  at: Timestamp.optional().describe('By the prices of that time; now when left out.'),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many models to return at most, of each kind.'),
})
export type ComparePrices = z.infer<typeof ComparePrices>

export const PriceComparison = z.object({
  tokens: z.number().min(0).describe('How many tokens the mix holds.'),
  items: z
    .array(
      z.object({
        provider: z.string(),
        model: z.string(),
        priceId: Id('price'),
        basis: z.enum(costBases),
        costNanos: NanosText,
        costPerMillionTokensNanos: NanosText.nullable().describe('What a million tokens of this mix cost; null for a mix without tokens.'),
      }),
    )
    .describe('The cheapest first.'),
  unpriced: z
    .array(z.object({ provider: z.string(), model: z.string(), missing: z.array(z.string()) }))
    .describe('Models whose cost nobody can tell, and what has no price.'),
  priced: z.number().int().min(0).max(100_000).describe('How many models have a cost, shown or not.'),
})
export type PriceComparison = z.infer<typeof PriceComparison>

export const comparePrices = defineEndpoint({
  id: 'comparePrices',
  method: 'GET',
  path: '/api/v1/prices/compare',
  tag: 'Prices',
  summary: 'Compare models at a token mix',
  description: 'What the same usage costs at each model, by what the organization pays. Send counts, or the parts of a whole.',
  authentication: 'credential',
  tenant: 'organization',
  permission: 'prices.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ComparePrices },
  response: { status: 200, schema: PriceComparison },
  errors: [],
  example: {
    query: { inputUncached: '8000', cacheRead: '32000', outputText: '1000', models: 'openai/gpt-5-mini,anthropic/claude-haiku-4-5' },
    response: {
      tokens: 41_000,
      items: [
        {
          provider: 'openai',
          model: 'gpt-5-mini',
          priceId: 'price_01jd2f8m3n6q9rkvwxyz012345',
          basis: 'computed',
          costNanos: '4800000',
          costPerMillionTokensNanos: '117073171',
        },
      ],
      unpriced: [],
      priced: 1,
    },
  },
})
