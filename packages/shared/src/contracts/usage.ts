import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import {
  Count,
  compare,
  exampleFreshAt,
  exampleMeasures,
  exampleRange,
  exampleTiming,
  freshAt,
  isRange,
  note,
  rangeIssue,
  reading,
  SumNanos,
  UsageTiming,
  usageFilters,
  usageMeasures,
  usageRange,
} from './usage-fields'
import { Timestamp } from './values'

export const SummaryQuery = z.strictObject({ ...usageRange, compare, ...usageFilters }).refine(isRange, rangeIssue)
export type SummaryQuery = z.infer<typeof SummaryQuery>

const period = { from: Timestamp, to: Timestamp, ...usageMeasures, latency: UsageTiming, firstToken: UsageTiming }

export const UsageProjection = z.object({
  costNanos: SumNanos,
  basis: z
    .array(
      z.object({
        kind: z.enum(['weekday', 'weekend', 'any']),
        days: Count.describe('How many days the median stands on: the last seven of their kind at most.'),
        medianNanos: SumNanos,
        daysLeft: z.number().min(0).describe('Of the month, today counted by what is left of it.'),
      }),
    )
    .describe('costNanos = spent + the sum of medianNanos × daysLeft.'),
})
export type UsageProjection = z.infer<typeof UsageProjection>

export const UsageSummary = z.object({
  ...period,
  previous: z.object(period).nullable().describe('The period before, where compare=true asks for it.'),
  projection: UsageProjection.nullable().describe('What the month will cost; null beyond the present month and below three days of data.'),
  note,
  freshAt,
})
export type UsageSummary = z.infer<typeof UsageSummary>

export const getUsageSummary = defineEndpoint({
  ...reading,
  id: 'getUsageSummary',
  path: '/api/v1/usage/summary',
  summary: 'Sum up what was used and what it cost',
  description:
    'Read from sums that move in the transaction of the ledger: what a report was acknowledged for is in it. One filter, or agent, key or project together with model, reaches back for ever, in whole days where quarter hours are no longer kept ("from" and "to" say which range is answered); any other filter reaches as far back as single calls are kept.',
  request: { query: SummaryQuery },
  response: { status: 200, schema: UsageSummary },
  errors: ['range_too_wide'],
  example: {
    query: { ...exampleRange, compare: 'true' },
    response: {
      ...exampleRange,
      ...exampleMeasures,
      latency: exampleTiming,
      firstToken: { p50Ms: 180, p95Ms: 420, p99Ms: 600, averageMs: 201.5 },
      previous: {
        ...exampleMeasures,
        from: '2026-10-01T00:00:00.000Z',
        to: '2026-11-01T00:00:00.000Z',
        latency: exampleTiming,
        firstToken: null,
      },
      projection: {
        costNanos: '1721000',
        basis: [
          { kind: 'weekday', days: 7, medianNanos: '61000', daysLeft: 6 },
          { kind: 'weekend', days: 6, medianNanos: '40000', daysLeft: 3.0125 },
        ],
      },
      note: null,
      freshAt: exampleFreshAt,
    },
  },
})
