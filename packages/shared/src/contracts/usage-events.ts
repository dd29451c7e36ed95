import { z } from 'zod'
import { rateClasses } from '../pricing/rates'
import { defineEndpoint } from './endpoint'
import {
  exampleFreshAt,
  exampleMeasures,
  exampleRange,
  freshAt,
  isRange,
  rangeIssue,
  reading,
  SumNanos,
  UsageTotals,
  usageFilters,
} from './usage-fields'
import { Id, ListQuery, listOf, Timestamp } from './values'

const text = z.string().nullable()
const Milliseconds = z.number().int().min(0).nullable()

export const UsageEvent = z.object({
  id: Id('usageEvent'),
  occurredAt: Timestamp.describe('When the call ended.'),
  receivedAt: Timestamp,
  source: z.enum(['sdk', 'gateway', 'otlp', 'test']),
  provider: z.string(),
  operation: z.string(),
  endpoint: text,
  model: text.describe('The model that was billed.'),
  status: z.enum(['ok', 'error', 'aborted']),
  errorType: text,
  isStream: z.boolean(),
  latencyMs: Milliseconds,
  firstTokenMs: Milliseconds,
  teamId: text,
  projectId: text,
  agentId: text,
  memberId: text,
  environment: text,
  keyId: text,
  leaseId: text,
  conversation: text,
  endUser: text,
  tags: z.array(z.string()),
  quality: z.enum(['exact', 'estimated', 'assumed']),
  costNanos: SumNanos.nullable().describe('Null while it has no price.'),
  inputTokens: z.number(),
  outputTokens: z.number(),
  linkedTo: text.describe('The event that bills this call; null where it is billed itself.'),
})
export type UsageEvent = z.infer<typeof UsageEvent>

export const UsageEventDetail = UsageEvent.extend({
  requestModel: text,
  responseModel: text,
  responseId: text,
  httpStatus: z.number().int().min(0).max(999).nullable(),
  finishReason: text,
  serviceTier: text,
  region: text,
  keyVersionId: text,
  sequence: z.number().min(0).nullable().describe('The number of the call under its lease.'),
  sliceId: text,
  traceId: text.describe('Hexadecimal.'),
  spanId: text.describe('Hexadecimal.'),
  scope: text.describe('The instrumentation that told of it; null for our own.'),
  mismatch: text.describe('Why the parts do not add up, where they do not.'),
  tokens: UsageTotals,
  imageTokens: z.object({ input: z.number(), output: z.number() }).describe('How many of inputUncached and outputText were images.'),
  rawUsage: z.unknown().describe("The provider's own usage object; null where there was none."),
  chargedNanos: SumNanos.nullable().describe('What budgets were charged when it settled.'),
  reportedNanos: SumNanos.nullable().describe('What the report said it cost.'),
  costBasis: text,
  price: z
    .object({
      id: z.string(),
      version: text,
      ratesNanos: z
        .object(Object.fromEntries(rateClasses.map((name) => [name, SumNanos.optional()])))
        .nullable()
        .describe('Nano-dollars per million units, before tiers and discounts; null where the price is no longer known.'),
    })
    .nullable(),
})
export type UsageEventDetail = z.infer<typeof UsageEventDetail>

export const eventFilters = {
  from: Timestamp.optional().describe('Absent, a week before the end.'),
  to: Timestamp.optional().describe('Not included. Absent, now.'),
  linked: z.enum(['true', 'false']).default('false').describe('Also those that another event bills.'),
  ...usageFilters,
}
export const EventsQuery = z.strictObject({ ...eventFilters, ...ListQuery.shape }).refine(isRange, rangeIssue)
export type EventsQuery = z.infer<typeof EventsQuery>

export const UsageEventPage = listOf(UsageEvent).extend({ from: Timestamp, to: Timestamp, freshAt })
export type UsageEventPage = z.infer<typeof UsageEventPage>

const EventParams = z.strictObject({ usageEventId: Id('usageEvent') })

const example: UsageEvent = {
  id: 'use_01jd2f8m3n6q9rkvwxyz012345',
  occurredAt: '2026-11-21T09:59:58.000Z',
  receivedAt: '2026-11-21T09:59:59.000Z',
  source: 'sdk',
  provider: 'openai',
  operation: 'chat',
  endpoint: 'POST /chat/completions',
  model: 'gpt-5-mini',
  status: 'ok',
  errorType: null,
  isStream: false,
  latencyMs: 420,
  firstTokenMs: null,
  teamId: null,
  projectId: 'prj_01jd2f8m3n6q9rkvwxyz012345',
  agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345',
  memberId: null,
  environment: 'production',
  keyId: 'pky_01jd2f8m3n6q9rkvwxyz012345',
  leaseId: 'lse_01jd2f8m3n6q9rkvwxyz012345',
  conversation: 'c-42',
  endUser: 'u-7',
  tags: ['checkout'],
  quality: 'exact',
  costNanos: '246900',
  inputTokens: 560,
  outputTokens: 76,
  linkedTo: null,
}

export const listUsageEvents = defineEndpoint({
  ...reading,
  id: 'listUsageEvents',
  path: '/api/v1/usage/events',
  summary: 'List calls',
  description: 'Newest first, as far back as single calls are kept.',
  request: { query: EventsQuery },
  response: { status: 200, schema: UsageEventPage },
  errors: ['range_too_wide', 'invalid_cursor'],
  example: {
    query: { ...exampleRange, provider: 'openai', limit: '20' },
    response: { items: [example], nextCursor: null, total: 1, ...exampleRange, freshAt: exampleFreshAt },
  },
})

export const getUsageEvent = defineEndpoint({
  ...reading,
  id: 'getUsageEvent',
  path: '/api/v1/usage/events/{usageEventId}',
  summary: 'Get one call with what it used and how it was priced',
  request: { params: EventParams },
  response: { status: 200, schema: UsageEventDetail },
  errors: ['not_found'],
  example: {
    params: { usageEventId: example.id },
    response: {
      ...example,
      requestModel: 'gpt-5-mini',
      responseModel: 'gpt-5-mini',
      responseId: 'chatcmpl-1',
      httpStatus: 200,
      finishReason: 'stop',
      serviceTier: null,
      region: null,
      keyVersionId: 'kver_01jd2f8m3n6q9rkvwxyz012345',
      sequence: 7,
      sliceId: null,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      scope: null,
      mismatch: null,
      tokens: { ...exampleMeasures.tokens, inputUncached: 420, cacheRead: 140, outputText: 76, requests: 1 },
      imageTokens: { input: 0, output: 0 },
      rawUsage: { prompt_tokens: 560, completion_tokens: 76 },
      chargedNanos: '246900',
      reportedNanos: null,
      costBasis: 'computed',
      price: {
        id: 'price_01jd2f8m3n6q9rkvwxyz012345',
        version: '2026-11-01',
        ratesNanos: { inputUncached: '250000000', cacheRead: '25000000', outputText: '2000000000' },
      },
    },
  },
})
