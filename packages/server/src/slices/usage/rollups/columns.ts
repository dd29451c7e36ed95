import { type UsageClass, usageClasses } from '@keylease/shared/pricing/vector'

export const vectorColumns = {
  inputUncached: 'input_uncached',
  cacheRead: 'cache_read',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite1h: 'cache_write_1h',
  outputText: 'output_text',
  reasoning: 'reasoning',
  audioIn: 'audio_in',
  audioOut: 'audio_out',
  images: 'images',
  requests: 'requests',
  searches: 'searches',
  characters: 'characters',
} as const satisfies Record<Exclude<UsageClass, 'seconds'>, string>

/** Classes of the vector whose sums are whole numbers as they stand, and the column of each, in one order. */
export const countedClasses = usageClasses.filter((name) => name !== 'seconds')
const countedColumns = countedClasses.map((name) => vectorColumns[name])

/** Sums that stay small enough for a number within one batch. */
const countColumns = [
  'calls',
  'errors',
  'aborted',
  'unpriced',
  'estimated',
  'assumed',
  'latency_calls',
  'latency_ms',
  'first_token_calls',
  'first_token_ms',
  ...countedColumns,
] as const
/** Sums that may not. */
export const wideColumns = ['cost_nanos', 'estimated_nanos', 'assumed_nanos', 'charged_nanos', 'milliseconds'] as const
export const sumColumns = [...countColumns, ...wideColumns]
export const sketchColumns = ['latency_sketch', 'first_token_sketch'] as const

/** Where each sum of a call goes; those of its vector follow the counts. */
export const sumAt = {
  calls: 0,
  errors: 1,
  aborted: 2,
  unpriced: 3,
  estimated: 4,
  assumed: 5,
  latencyCalls: 6,
  latencyMs: 7,
  firstTokenCalls: 8,
  firstTokenMs: 9,
  vector: 10,
  wide: countColumns.length,
} as const
export const wideAt = { cost: 0, estimated: 1, assumed: 2, charged: 3, milliseconds: 4 } as const
