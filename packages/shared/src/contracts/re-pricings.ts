import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { ProviderId } from './provider-fields'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
/** Sums and differences: a decimal string that may be below zero and beyond what one call can cost. */
const SumNanos = z
  .string()
  .regex(/^(?:0|-?[1-9]\d{0,38})$/)
  .meta({ example: '-1204500' })

const difference = {
  events: Count,
  changed: Count.describe('How many of them cost something else, or something at all, by the prices of now.'),
  beforeNanos: SumNanos,
  afterNanos: SumNanos,
  unpricedBefore: Count,
  unpricedAfter: Count,
}

export const RePricing = z.object({
  id: Id('rePricing'),
  status: z
    .enum(['comparing', 'ready', 'applying', 'applied', 'stale'])
    .describe('ready waits for apply; stale met other prices than it was compared with and is to be made anew.'),
  from: Timestamp,
  to: Timestamp,
  provider: ProviderId.nullable(),
  model: z.string().nullable(),
  ...difference,
  differenceNanos: SumNanos,
  models: z.array(z.object({ provider: z.string(), model: z.string(), ...difference })).describe('Those that change most, at most 100.'),
  createdAt: Timestamp,
  appliedAt: Timestamp.nullable(),
})
export type RePricing = z.infer<typeof RePricing>

export const CreateRePricing = z
  .strictObject({
    from: Timestamp,
    to: Timestamp.describe('Not included.'),
    provider: ProviderId.optional(),
    model: Text(200).optional().describe('The model that was billed, to the letter.'),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be after from' })
export type CreateRePricing = z.infer<typeof CreateRePricing>

export const RePricingPage = listOf(RePricing)
export type RePricingPage = z.infer<typeof RePricingPage>

const example: RePricing = {
  id: 'rpr_01jd2f8m3n6q9rkvwxyz012345',
  status: 'ready',
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-21T00:00:00.000Z',
  provider: 'openai',
  model: null,
  events: 18_204,
  changed: 311,
  beforeNanos: '48211000000',
  afterNanos: '47650000000',
  differenceNanos: '-561000000',
  unpricedBefore: 12,
  unpricedAfter: 0,
  models: [
    {
      provider: 'openai',
      model: 'gpt-5-mini',
      events: 9_100,
      changed: 311,
      beforeNanos: '20000000000',
      afterNanos: '19439000000',
      unpricedBefore: 12,
      unpricedAfter: 0,
    },
  ],
  createdAt: '2026-11-21T10:00:00.000Z',
  appliedAt: null,
}

const params = { rePricingId: example.id }
const request = { params: z.strictObject({ rePricingId: Id('rePricing') }) }
const shared = { tag: 'Prices', authentication: 'credential', tenant: 'organization' } as const
const reading = { ...shared, permission: 'prices.read', audit: 'none', rateLimit: 'read' } as const
const writing = { ...shared, permission: 'prices.write', rateLimit: 'write' } as const

export const listRePricings = defineEndpoint({
  ...reading,
  id: 'listRePricings',
  method: 'GET',
  path: '/api/v1/usage/re-pricings',
  summary: 'List re-pricings',
  description: 'Newest first.',
  request: { query: ListQuery },
  response: { status: 200, schema: RePricingPage },
  errors: ['invalid_cursor'],
  example: { query: { limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createRePricing = defineEndpoint({
  ...writing,
  id: 'createRePricing',
  method: 'POST',
  path: '/api/v1/usage/re-pricings',
  summary: 'Compare what a period cost with the prices of now',
  description:
    'A job prices the calls of the period anew and shows the difference; nothing changes until it is applied. What providers reported themselves stays.',
  audit: 're-pricing.created',
  request: { body: CreateRePricing },
  response: { status: 201, schema: RePricing },
  errors: [],
  example: {
    body: { from: example.from, to: example.to, provider: 'openai' },
    response: { ...example, status: 'comparing', events: 0, changed: 0, models: [] },
  },
})

export const getRePricing = defineEndpoint({
  ...reading,
  id: 'getRePricing',
  method: 'GET',
  path: '/api/v1/usage/re-pricings/{rePricingId}',
  summary: 'Get a re-pricing',
  request,
  response: { status: 200, schema: RePricing },
  errors: ['not_found'],
  example: { params, response: example },
})

export const applyRePricing = defineEndpoint({
  ...writing,
  id: 'applyRePricing',
  method: 'POST',
  path: '/api/v1/usage/re-pricings/{rePricingId}/apply',
  summary: 'Apply a re-pricing',
  description:
    'Changes the cost of the calls that it compared, and nothing else: not their use, and not what budgets were charged. Where prices have changed since, it turns stale instead.',
  audit: 're-pricing.applied',
  request,
  response: { status: 200, schema: RePricing },
  errors: ['not_found', 're_pricing_not_ready'],
  example: { params, response: { ...example, status: 'applying' } },
})
