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
  UsageQualityCounts,
  UsageTiming,
  usageFilters,
  usageMeasures,
  usageRange,
} from './usage-fields'
import { ListQuery, listOf, Timestamp } from './values'

export const usageDimensions = [
  'provider',
  'model',
  'operation',
  'endpoint',
  'agent',
  'project',
  'team',
  'member',
  'key',
  'environment',
  'tag',
  'status',
  'quality',
  'lease',
  'conversation',
  'endUser',
  'scope',
] as const
export const UsageDimension = z.enum(usageDimensions)
export type UsageDimension = z.infer<typeof UsageDimension>

/** What a group of calls has in common. */
export const usageKey = {
  keys: z.record(z.string(), z.string().nullable()).describe('By dimension; null is none. Empty for the rest.'),
  label: z.string(),
  isOther: z.boolean().describe('The rest, beyond the groups that are told apart.'),
}

const isGroupBy = (text: string) => {
  const names = text.split(',')
  return names.length <= 3 && new Set(names).size === names.length && names.every((name) => UsageDimension.safeParse(name).success)
}

export const breakdownFields = {
  ...usageRange,
  groupBy: z
    .string()
    .max(60)
    .refine(isGroupBy, `must be one to three of ${usageDimensions.join(', ')}, joined by commas`)
    .default('model')
    .describe(`One to three of ${usageDimensions.join(', ')}, joined by commas.`)
    .meta({ example: 'model' }),
  sort: z.enum(['cost', 'requests', 'tokens', 'errors', 'latency']).default('cost').describe('latency is the average.'),
  order: z.enum(['asc', 'desc']).default('desc'),
  compare,
  ...usageFilters,
}
export const BreakdownQuery = z.strictObject({ ...breakdownFields, ...ListQuery.shape }).refine(isRange, rangeIssue)
export type BreakdownQuery = z.infer<typeof BreakdownQuery>

export const UsageBreakdownRow = z.object({
  ...usageKey,
  ...usageMeasures,
  costShare: z.number().min(0).max(1).nullable().describe('Of the cost of all rows; a call with several tags is in several.'),
  previousCostNanos: SumNanos.nullable().describe('What it cost in the period before, where compare=true asks for it.'),
  latency: UsageTiming,
})
export type UsageBreakdownRow = z.infer<typeof UsageBreakdownRow>

export const UsageBreakdown = listOf(UsageBreakdownRow).extend({
  from: Timestamp,
  to: Timestamp,
  costNanos: SumNanos.describe('Of all rows.'),
  unpriced: Count,
  quality: UsageQualityCounts,
  note,
  freshAt,
})
export type UsageBreakdown = z.infer<typeof UsageBreakdown>

export const getUsageBreakdown = defineEndpoint({
  ...reading,
  id: 'getUsageBreakdown',
  path: '/api/v1/usage/breakdown',
  summary: 'Compare models, agents, projects and other groups',
  description:
    'One dimension, or agent, key or project with model, reaches back for ever; others as far back as single calls are kept. Beyond a thousand values a day the rest is one row, the last.',
  request: { query: BreakdownQuery },
  response: { status: 200, schema: UsageBreakdown },
  errors: ['range_too_wide', 'invalid_cursor'],
  example: {
    query: { ...exampleRange, groupBy: 'model', sort: 'cost', limit: '20' },
    response: {
      ...exampleRange,
      items: [
        {
          keys: { model: 'gpt-5-mini' },
          label: 'gpt-5-mini',
          isOther: false,
          ...exampleMeasures,
          costShare: 1,
          previousCostNanos: null,
          latency: exampleTiming,
        },
      ],
      nextCursor: null,
      total: 1,
      costNanos: exampleMeasures.costNanos,
      unpriced: 0,
      quality: exampleMeasures.quality,
      note: null,
      freshAt: exampleFreshAt,
    },
  },
})
