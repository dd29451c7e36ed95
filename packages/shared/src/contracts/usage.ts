import { z } from 'zod'
import { type UsageClass, usageClasses } from '../pricing/vector'
import { defineEndpoint } from './endpoint'
import { ProviderId } from './provider-fields'
import { Environment, Id, Text, Timestamp } from './values'

const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const SumNanos = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,38})$/)
  .meta({ example: '1234500' })

/** What calls used, in the disjoint classes of the ledger. */
export const UsageTotals = z.object(
  Object.fromEntries(usageClasses.map((name) => [name, name === 'seconds' ? z.number().min(0) : Count])) as Record<UsageClass, z.ZodNumber>,
)
export type UsageTotals = z.infer<typeof UsageTotals>

/** Which calls are meant; every filter narrows. */
const filters = {
  provider: ProviderId.optional(),
  model: Text(200).optional().describe('The model that was billed, to the letter.'),
  agentId: Id('agent').optional(),
  projectId: Id('project').optional(),
  teamId: Id('team').optional(),
  memberId: Id('member').optional(),
  keyId: Id('providerKey').optional(),
  leaseId: Id('lease').optional(),
  environment: Environment.optional(),
  tag: Text(80).optional(),
}

export const SummaryQuery = z
  .strictObject({
    from: Timestamp.optional().describe('Absent, the beginning of the month in the time zone of the organization.'),
    to: Timestamp.optional().describe('Not included. Absent, now.'),
    ...filters,
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, { path: ['to'], message: 'must be after from' })
export type SummaryQuery = z.infer<typeof SummaryQuery>

export const UsageSummary = z.object({
  from: Timestamp,
  to: Timestamp,
  requests: Count,
  errors: Count,
  unpriced: Count.describe('Calls whose price nobody knows: their cost is in no sum.'),
  costNanos: SumNanos,
  tokens: UsageTotals,
  quality: z.object({ exact: Count, estimated: Count, assumed: Count }).describe('How many calls stand on what the provider said.'),
  freshAt: Timestamp.describe('What was acknowledged before this moment is in the sums.'),
})
export type UsageSummary = z.infer<typeof UsageSummary>

const zero = Object.fromEntries(usageClasses.map((name) => [name, 0])) as Record<UsageClass, number>

export const getUsageSummary = defineEndpoint({
  id: 'getUsageSummary',
  tag: 'Usage',
  method: 'GET',
  path: '/api/v1/usage/summary',
  summary: 'Sum up what was used and what it cost',
  description: 'Read from the ledger itself: what a report was acknowledged for is in it.',
  authentication: 'credential',
  permission: 'usage.read',
  tenant: 'organization',
  audit: 'none',
  rateLimit: 'read',
  request: { query: SummaryQuery },
  response: { status: 200, schema: UsageSummary },
  errors: [],
  example: {
    query: { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' },
    response: {
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      requests: 5,
      errors: 0,
      unpriced: 0,
      costNanos: '1234500',
      tokens: { ...zero, inputUncached: 2_100, cacheRead: 512, outputText: 380, requests: 5 },
      quality: { exact: 5, estimated: 0, assumed: 0 },
      freshAt: '2026-11-21T10:00:00.000Z',
    },
  },
})
