import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { breakdownFields } from './usage-breakdown'
import { eventFilters } from './usage-events'
import { exampleRange, isRange, rangeIssue, reading, usageFilters, usageRange } from './usage-fields'
import { timeseriesFields } from './usage-timeseries'

const { granularity, latency, limit } = timeseriesFields
const { groupBy, sort, order } = breakdownFields

export const UsageExportQuery = z
  .strictObject({
    of: z.enum(['events', 'timeseries', 'breakdown']).default('events'),
    format: z.enum(['csv', 'json']).default('csv'),
    from: usageRange.from.describe(
      'Absent, the beginning of the month in the time zone of the organization; of calls, a week before the end.',
    ),
    to: usageRange.to,
    groupBy: groupBy.unwrap().optional().describe('Of a timeseries one dimension, of a breakdown one to three; model when left out there.'),
    granularity,
    latency,
    limit,
    sort,
    order,
    linked: eventFilters.linked,
    ...usageFilters,
  })
  .refine(isRange, rangeIssue)
  .refine(({ of, groupBy }) => of !== 'timeseries' || !groupBy?.includes(','), { path: ['groupBy'], message: 'must be one dimension' })
export type UsageExportQuery = z.infer<typeof UsageExportQuery>

export const exportUsage = defineEndpoint({
  ...reading,
  id: 'exportUsage',
  path: '/api/v1/usage/export',
  summary: 'Export calls, series or groups',
  description:
    'Streamed, whole, with the filters of its list: calls oldest first, series point by point, groups as sorted. `csv` is a table with a header row (text/csv, RFC 4180), in which an apostrophe stands before text that a spreadsheet would run; `json` is one JSON object a line (application/x-ndjson).',
  rateLimit: 'write',
  request: { query: UsageExportQuery },
  response: { status: 200, contentType: 'text/csv; charset=utf-8' },
  errors: ['range_too_wide'],
  example: {
    query: { of: 'events', format: 'csv', ...exampleRange },
    response: 'id,occurredAt,receivedAt,source,provider,operation,…\r\n',
  },
})
