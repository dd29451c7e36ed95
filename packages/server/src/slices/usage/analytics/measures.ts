import { inputClasses, outputClasses, type UsageClass, usageClasses } from '@keylease/shared/pricing/vector'

/** The column that holds a class of the vector. */
export const columnOf = (name: UsageClass) => name.replace(/[A-Z]|(?<=[a-z])\d/g, (part) => `_${part.toLowerCase()}`)
const countedClasses = usageClasses.filter((name) => name !== 'seconds')
const sumOfColumns = (names: readonly UsageClass[]) => `(${names.map(columnOf).join(' + ')})`
const costIf = (condition: string) => `CASE WHEN ${condition} THEN coalesce(cost_nanos, 0) ELSE 0 END`

interface Measure {
  /** What a row of sums adds, and what a single call adds. */
  sums: string
  event: string
}

const same = (text: string): Measure => ({ sums: text, event: text })
const of = (sums: string, event: string): Measure => ({ sums, event })

/** Sums that a number holds. */
export const countMeasures = {
  calls: of('calls', '1'),
  ok: of('(calls - errors - aborted)', `(status = 'ok')::integer`),
  errors: of('errors', `(status = 'error')::integer`),
  aborted: of('aborted', `(status = 'aborted')::integer`),
  unpriced: of('unpriced', '(cost_nanos IS NULL)::integer'),
  exact: of('(calls - estimated - assumed)', `(quality = 'exact')::integer`),
  estimated: of('estimated', `(quality = 'estimated')::integer`),
  assumed: of('assumed', `(quality = 'assumed')::integer`),
  inputTokens: same(sumOfColumns(inputClasses)),
  outputTokens: same(sumOfColumns(outputClasses)),
  tokens: same(sumOfColumns([...inputClasses, ...outputClasses])),
  milliseconds: of('milliseconds', 'floor(seconds * 1000 + 0.5)::bigint'),
  latencyCalls: of('latency_calls', '(latency_ms IS NOT NULL)::integer'),
  latencyMs: of('latency_ms', 'coalesce(latency_ms, 0)'),
  firstTokenCalls: of('first_token_calls', '(first_token_ms IS NOT NULL)::integer'),
  firstTokenMs: of('first_token_ms', 'coalesce(first_token_ms, 0)'),
} satisfies Record<string, Measure>

/** Sums of money. */
export const nanosMeasures = {
  cost: of('cost_nanos', 'coalesce(cost_nanos, 0)'),
  estimatedCost: of('estimated_nanos', costIf(`quality = 'estimated'`)),
  assumedCost: of('assumed_nanos', costIf(`quality = 'assumed'`)),
  charged: of('charged_nanos', 'coalesce(charged_nanos, 0)'),
} satisfies Record<string, Measure>

/** The vector, class by class. */
const vectorMeasures = Object.fromEntries(countedClasses.map((name) => [name, same(columnOf(name))])) as Record<
  Exclude<UsageClass, 'seconds'>,
  Measure
> // one for each name

export type CountName = keyof typeof countMeasures
export type NanosName = keyof typeof nanosMeasures

/** What a statement is asked to sum up. */
export interface Wanted {
  counts: readonly CountName[]
  nanos: readonly NanosName[]
  hasVector: boolean
}

/** All that an answer tells of a set of calls. */
export const everything: Wanted = {
  counts: [
    'calls',
    'errors',
    'unpriced',
    'estimated',
    'assumed',
    'milliseconds',
    'latencyCalls',
    'latencyMs',
    'firstTokenCalls',
    'firstTokenMs',
  ],
  nanos: ['cost', 'estimatedCost', 'assumedCost', 'charged'],
  hasVector: true,
}

/** What a point in time tells. */
export const ofPoint: Wanted = {
  counts: ['calls', 'errors', 'unpriced', 'estimated', 'assumed', 'inputTokens', 'outputTokens'],
  nanos: ['cost'],
  hasVector: false,
}

/** Measures by the name of their column in a statement. */
export function listMeasures({ counts, nanos, hasVector }: Wanted): [column: string, measure: Measure, type: 'count' | 'nanos'][] {
  return [
    ...counts.map((name): [string, Measure, 'count'] => [name, countMeasures[name], 'count']),
    ...nanos.map((name): [string, Measure, 'nanos'] => [name, nanosMeasures[name], 'nanos']),
    ...(hasVector ? countedClasses.map((name): [string, Measure, 'count'] => [`vector_${name}`, vectorMeasures[name], 'count']) : []),
  ]
}
