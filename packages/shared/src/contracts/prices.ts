import { z } from 'zod'
import { Nanos, NanosText } from '../money'
import { type RateClass as RateClassName, rateClasses } from '../pricing/rates'
import { defineEndpoint } from './endpoint'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

const RateClass = z.enum(rateClasses)
const unit = 'Nano-dollars per million units of each class.'
const basisPoints = z.number().int().min(0).max(1_000_000)

/** An object and no record: members come in one order, so that a replay is the same to the letter. */
const byClass = <Value extends z.ZodType>(value: Value) =>
  z.object(Object.fromEntries(rateClasses.map((name) => [name, value.optional()])) as Record<RateClassName, z.ZodOptional<Value>>) // one for each name

const Rates = byClass(NanosText).describe(unit)
const RateTable = z.object({
  ratesNanos: Rates,
  contexts: z
    .array(z.object({ from: z.number().int().min(1), ratesNanos: Rates }))
    .describe('From so many input tokens on, cached ones included, the whole request costs these rates.'),
})

export const Price = z.object({
  id: Id('price'),
  kind: z.enum(['list', 'override', 'discount']).describe('The list price, or what the organization agreed instead.'),
  provider: z.string(),
  model: z.string().nullable().describe('Null is every call of the provider.'),
  terms: RateTable.extend({
    windows: z.array(RateTable.extend({ startsAt: z.string(), endsAt: z.string() })).describe('Times of the day in UTC with other rates.'),
    serviceTiers: z
      .array(z.object({ serviceTier: z.string(), basisPoints: basisPoints.nullable(), rates: RateTable.nullable() }))
      .describe('A part of the token rates in hundredths of a percent, or rates of its own.'),
    regions: z.array(z.object({ region: z.string(), basisPoints })),
    minimums: byClass(z.number()).describe('The least that one call is billed for.'),
    contextTokens: z.number().int().min(1).nullable().describe('What the model can take in one call; null where nobody says.'),
  }).nullable(),
  discountBasisPoints: z.number().int().min(1).max(10_000).nullable().describe('What a discount takes off, in hundredths of a percent.'),
  effectiveFrom: Timestamp.nullable(),
  effectiveTo: Timestamp.nullable(),
  source: z.enum(['genai-prices', 'keylease', 'organization']),
  sourceUrl: z.string().nullable(),
  version: z.string(),
})
export type Price = z.infer<typeof Price>

export const ListPrices = ListQuery.extend({
  search: Text(120).optional().describe('Only prices whose provider or model holds this text.'),
  provider: Text(64).optional(),
  model: Text(256).optional().describe('As a request names it.'),
  at: Timestamp.optional().describe('The prices of that time; now when left out.'),
})
export type ListPrices = z.infer<typeof ListPrices>
export const PricePage = listOf(Price)
export type PricePage = z.infer<typeof PricePage>

const AgreedRates = z.partialRecord(RateClass, Nanos).refine((rates) => Object.keys(rates).length > 0, 'must hold at least one rate')
const context = z.strictObject({ from: z.number().int().min(1).max(100_000_000), ratesNanos: AgreedRates.describe(unit) })

export const CreatePrice = z
  .strictObject({
    provider: z
      .string()
      .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'the id of a provider')
      .meta({ example: 'openai' }),
    model: Text(256).nullable().default(null).describe('As requests name it; left out, every call of the provider.'),
    ratesNanos: AgreedRates.optional().describe(`${unit} What is left out has no price.`),
    contexts: z.array(context).max(10).optional().describe('From so many input tokens on, the whole request costs these rates.'),
    serviceTiers: z
      .array(z.strictObject({ serviceTier: Text(60), basisPoints: basisPoints.describe('Of the token rates; 5000 is half.') }))
      .max(20)
      .optional(),
    discountBasisPoints: z.number().int().min(1).max(10_000).optional().describe('Off the list price; 1500 is 15 percent.'),
    effectiveFrom: Timestamp.optional().describe('Now when left out; it may lie in the past.'),
    effectiveTo: Timestamp.nullable().default(null),
  })
  .refine(
    (body) => (body.ratesNanos === undefined) !== (body.discountBasisPoints === undefined),
    'must hold either ratesNanos or discountBasisPoints',
  )
  .refine(
    (body) => body.ratesNanos !== undefined || (body.contexts === undefined && body.serviceTiers === undefined),
    'contexts and serviceTiers go with ratesNanos',
  )
  .refine(
    (body) => !body.effectiveTo || !body.effectiveFrom || Date.parse(body.effectiveTo) > Date.parse(body.effectiveFrom),
    'effectiveTo must lie after effectiveFrom',
  )
export type CreatePrice = z.infer<typeof CreatePrice>

const PriceParams = z.strictObject({ priceId: Id('price') })

const example: Price = {
  id: 'price_01jd2f8m3n6q9rkvwxyz012345',
  kind: 'override',
  provider: 'openai',
  model: 'gpt-5-mini',
  terms: {
    ratesNanos: { inputUncached: '200000000', cacheRead: '20000000', outputText: '1600000000' },
    contexts: [],
    windows: [],
    serviceTiers: [{ serviceTier: 'batch', basisPoints: 5_000, rates: null }],
    regions: [],
    minimums: {},
    contextTokens: null,
  },
  discountBasisPoints: null,
  effectiveFrom: '2026-11-01T00:00:00.000Z',
  effectiveTo: null,
  source: 'organization',
  sourceUrl: null,
  version: 'price_01jd2f8m3n6q9rkvwxyz012345',
}

const shared = { tag: 'Prices', authentication: 'credential', tenant: 'organization' } as const

export const listPrices = defineEndpoint({
  ...shared,
  id: 'listPrices',
  method: 'GET',
  path: '/api/v1/prices',
  summary: 'List prices',
  description: 'The price of each model at one time, by provider and model; what the organization agreed stands before the list price.',
  permission: 'prices.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListPrices },
  response: { status: 200, schema: PricePage },
  errors: ['invalid_cursor'],
  example: { query: { provider: 'openai', search: 'gpt-5', limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createPrice = defineEndpoint({
  ...shared,
  id: 'createPrice',
  method: 'POST',
  path: '/api/v1/prices',
  summary: 'Agree a price',
  description:
    'Rates of the organization in place of the list price, or a discount on it. Costs that were computed before stay as they are.',
  permission: 'prices.write',
  audit: 'price.created',
  rateLimit: 'write',
  request: { body: CreatePrice },
  response: { status: 201, schema: Price },
  errors: [],
  example: {
    body: {
      provider: 'openai',
      model: 'gpt-5-mini',
      ratesNanos: { inputUncached: '200000000', cacheRead: '20000000', outputText: '1600000000' },
      serviceTiers: [{ serviceTier: 'batch', basisPoints: 5_000 }],
      effectiveFrom: '2026-11-01T00:00:00.000Z',
    },
    response: example,
  },
})

export const deletePrice = defineEndpoint({
  ...shared,
  id: 'deletePrice',
  method: 'DELETE',
  path: '/api/v1/prices/{priceId}',
  summary: 'Delete an agreed price',
  description: 'The list price holds again. Only what the organization agreed can be deleted.',
  permission: 'prices.write',
  audit: 'price.deleted',
  rateLimit: 'write',
  request: { params: PriceParams },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params: { priceId: example.id } },
})
