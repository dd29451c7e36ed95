import { z } from 'zod'
import { type UsageClass, usageClasses } from '../pricing/vector'
import { ProviderId } from './provider-fields'
import { Environment, Id, Text, Timestamp } from './values'

export const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
export const SumNanos = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,38})$/)
  .meta({ example: '1234500' })

/** What calls used, in the disjoint classes of the ledger. */
export const UsageTotals = z.object(
  Object.fromEntries(usageClasses.map((name) => [name, name === 'seconds' ? z.number().min(0) : Count])) as Record<UsageClass, z.ZodNumber>,
)
export type UsageTotals = z.infer<typeof UsageTotals>

export const UsageQualityCounts = z
  .object({ exact: Count, estimated: Count, assumed: Count })
  .describe('How many calls stand on what the provider said.')

const Share = z.number().min(0).max(1)

/** What is told of any set of calls. */
export const usageMeasures = {
  requests: Count,
  errors: Count,
  unpriced: Count.describe('Calls whose price nobody knows: their cost is in no sum.'),
  costNanos: SumNanos,
  estimatedNanos: SumNanos.describe('Of the cost, what stands on estimates.'),
  assumedNanos: SumNanos.describe('Of the cost, what is assumed until the truth arrives.'),
  chargedNanos: SumNanos.describe('What budgets were charged when the calls settled.'),
  tokens: UsageTotals,
  quality: UsageQualityCounts,
  errorRate: Share.nullable().describe('errors ÷ requests.'),
  costPerRequestNanos: SumNanos.nullable().describe('costNanos ÷ the requests that have a price.'),
  costPerMillionTokensNanos: SumNanos.nullable().describe('costNanos ÷ million tokens, read and written; too low while some are unpriced.'),
  cacheShare: Share.nullable().describe('cacheRead ÷ all input tokens.'),
}

export const UsageTiming = z
  .object({ p50Ms: Count, p95Ms: Count, p99Ms: Count, averageMs: z.number().min(0) })
  .nullable()
  .describe('Percentiles are read from a sketch of 64 classes. Null where no call told its time.')
export type UsageTiming = z.infer<typeof UsageTiming>

export const freshAt = Timestamp.describe('What was acknowledged before this moment is in the sums.')
export const note = z.string().nullable().describe('What the figures fold together or leave out; null where they do neither.')

/** Which calls are meant; every filter narrows. */
export const usageFilters = {
  provider: ProviderId.optional(),
  model: Text(200).optional().describe('The model that was billed, to the letter.'),
  operation: Text(200).optional(),
  endpoint: Text(200).optional().describe('Method and path template, as in POST /chat/completions.'),
  agentId: Id('agent').optional(),
  projectId: Id('project').optional(),
  teamId: Id('team').optional(),
  memberId: Id('member').optional(),
  keyId: Id('providerKey').optional(),
  environment: Environment.optional(),
  tag: Text(80).optional(),
  leaseId: Id('lease').optional(),
  conversation: Text(200).optional(),
  endUser: Text(200).optional(),
  status: z.enum(['ok', 'error', 'aborted']).optional(),
  quality: z.enum(['exact', 'estimated', 'assumed']).optional(),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits')
    .optional(),
  scope: Text(200).optional().describe('The instrumentation that told of the call.'),
}

export const usageRange = {
  from: Timestamp.optional().describe('Absent, the beginning of the month in the time zone of the organization.'),
  to: Timestamp.optional().describe('Not included. Absent, now.'),
}

export const isRange = ({ from, to }: { from?: string | undefined; to?: string | undefined }) =>
  from === undefined || to === undefined || Date.parse(from) < Date.parse(to)
export const rangeIssue = { path: ['to'], message: 'must be after from' }

export const compare = z
  .enum(['true', 'false'])
  .default('false')
  .describe(
    'Also tell the period before: of a whole month the month before, else as long a time; beyond a day it begins with its quarter hour.',
  )

const zero = Object.fromEntries(usageClasses.map((name) => [name, 0])) as Record<UsageClass, number>

export const exampleMeasures = {
  requests: 5,
  errors: 0,
  unpriced: 0,
  costNanos: '1234500',
  estimatedNanos: '0',
  assumedNanos: '0',
  chargedNanos: '1234500',
  tokens: { ...zero, inputUncached: 2_100, cacheRead: 700, outputText: 380, requests: 5 },
  quality: { exact: 5, estimated: 0, assumed: 0 },
  errorRate: 0,
  costPerRequestNanos: '246900',
  costPerMillionTokensNanos: '388207547',
  cacheShare: 0.25,
}
export const exampleTiming = { p50Ms: 420, p95Ms: 1_300, p99Ms: 1_900, averageMs: 512.4 }
export const exampleRange = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' }
export const exampleFreshAt = '2026-11-21T10:00:00.000Z'

export const reading = {
  tag: 'Usage',
  method: 'GET',
  authentication: 'credential',
  permission: 'usage.read',
  tenant: 'organization',
  audit: 'none',
  rateLimit: 'read',
} as const
