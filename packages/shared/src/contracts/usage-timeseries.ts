import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { UsageDimension, usageKey } from './usage-breakdown'
import {
  Count,
  exampleFreshAt,
  freshAt,
  isRange,
  note,
  rangeIssue,
  reading,
  SumNanos,
  UsageQualityCounts,
  UsageTiming,
  usageFilters,
  usageRange,
} from './usage-fields'
import { Timestamp } from './values'

export const Granularity = z.enum(['quarter', 'hour', 'day', 'week', 'month'])
export type Granularity = z.infer<typeof Granularity>

export const timeseriesFields = {
  ...usageRange,
  granularity: Granularity.default('day').describe('Quarter is a quarter of an hour; weeks begin on Monday.'),
  groupBy: UsageDimension.optional(),
  limit: z.coerce.number().int().min(1).max(50).default(10).describe('How many groups have a series of their own; the rest is one more.'),
  latency: z.enum(['true', 'false']).default('false').describe('Also tell latencies.'),
  ...usageFilters,
}
export const TimeseriesQuery = z.strictObject(timeseriesFields).refine(isRange, rangeIssue)
export type TimeseriesQuery = z.infer<typeof TimeseriesQuery>

export const UsagePoint = z.object({
  at: Timestamp.describe(
    'When the point begins, in the time zone of the organization. The first and last hold only what lies in the range.',
  ),
  requests: Count,
  errors: Count,
  unpriced: Count,
  costNanos: SumNanos,
  inputTokens: Count,
  outputTokens: Count,
  quality: UsageQualityCounts,
  latency: UsageTiming,
})
export type UsagePoint = z.infer<typeof UsagePoint>

const UsageSeries = z.object({
  ...usageKey,
  requests: Count,
  costNanos: SumNanos,
  points: z.array(UsagePoint),
})
export type UsageSeries = z.infer<typeof UsageSeries>

export const UsageTimeseries = z.object({
  from: Timestamp,
  to: Timestamp,
  granularity: Granularity,
  timeZone: z.string(),
  unpriced: Count,
  quality: UsageQualityCounts,
  series: z.array(UsageSeries).describe('What cost most first, the rest last; one series without groupBy.'),
  note,
  freshAt,
})
export type UsageTimeseries = z.infer<typeof UsageTimeseries>

const quality = { exact: 5, estimated: 0, assumed: 0 }

export const getUsageTimeseries = defineEndpoint({
  ...reading,
  id: 'getUsageTimeseries',
  path: '/api/v1/usage/timeseries',
  summary: 'See usage over time',
  description: 'Points without calls are zeros. At most 2,000 points over all groups.',
  request: { query: TimeseriesQuery },
  response: { status: 200, schema: UsageTimeseries },
  errors: ['range_too_wide'],
  example: {
    query: {
      from: '2026-11-20T00:00:00.000Z',
      to: '2026-11-21T00:00:00.000Z',
      granularity: 'day',
      groupBy: 'provider',
      limit: '5',
    },
    response: {
      from: '2026-11-20T00:00:00.000Z',
      to: '2026-11-21T00:00:00.000Z',
      granularity: 'day',
      timeZone: 'UTC',
      unpriced: 0,
      quality,
      series: [
        {
          keys: { provider: 'openai' },
          label: 'OpenAI',
          isOther: false,
          requests: 5,
          costNanos: '1234500',
          points: [
            {
              at: '2026-11-20T00:00:00.000Z',
              requests: 5,
              errors: 0,
              unpriced: 0,
              costNanos: '1234500',
              inputTokens: 2_800,
              outputTokens: 380,
              quality,
              latency: null,
            },
          ],
        },
      ],
      note: null,
      freshAt: exampleFreshAt,
    },
  },
})
