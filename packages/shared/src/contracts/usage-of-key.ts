import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import {
  Count,
  exampleFreshAt,
  exampleMeasures,
  exampleTiming,
  freshAt,
  note,
  reading,
  SumNanos,
  UsageTiming,
  usageMeasures,
} from './usage-fields'
import { Id, Timestamp } from './values'

const KeyParams = z.strictObject({ keyId: Id('providerKey') })

const KeyUsagePoint = z.object({
  at: Timestamp,
  requests: Count,
  errors: Count,
  costNanos: SumNanos,
  inputTokens: Count,
  outputTokens: Count,
})

export const ProviderKeyUsage = z.object({
  keyId: Id('providerKey'),
  usage: z.object({ from: Timestamp, to: Timestamp, ...usageMeasures, latency: UsageTiming }).describe('Of the present month.'),
  history: z
    .object({ daily: z.array(KeyUsagePoint), monthly: z.array(KeyUsagePoint) })
    .describe(
      'The last 30 days and the last 12 months with the present ones, oldest first; who sees only teams, as far as single calls are kept.',
    ),
  costs: z
    .object({ current: SumNanos, projected: SumNanos.nullable() })
    .describe('Nano-dollars of the present month, and what it will be; null below three days of data.'),
  note,
  freshAt,
})
export type ProviderKeyUsage = z.infer<typeof ProviderKeyUsage>

const point = { requests: 5, errors: 0, costNanos: '1234500', inputTokens: 2_800, outputTokens: 380 }

export const getProviderKeyUsage = defineEndpoint({
  ...reading,
  id: 'getProviderKeyUsage',
  tag: 'Provider keys',
  path: '/api/admin/api-keys/{keyId}/usage',
  summary: 'See what a provider key was used for and what it cost',
  request: { params: KeyParams },
  response: { status: 200, schema: ProviderKeyUsage },
  errors: ['not_found', 'range_too_wide'],
  example: {
    params: { keyId: 'pky_01jd2f8m3n6q9rkvwxyz012345' },
    response: {
      keyId: 'pky_01jd2f8m3n6q9rkvwxyz012345',
      usage: { from: '2026-11-01T00:00:00.000Z', to: exampleFreshAt, ...exampleMeasures, latency: exampleTiming },
      history: {
        daily: [{ at: '2026-11-21T00:00:00.000Z', ...point }],
        monthly: [{ at: '2026-11-01T00:00:00.000Z', ...point }],
      },
      costs: { current: '1234500', projected: '1721000' },
      note: null,
      freshAt: exampleFreshAt,
    },
  },
})
