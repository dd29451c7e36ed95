import { sketchColumns, sumColumns } from '../../packages/server/src/slices/usage/rollups/columns'
import { type Dimension, maximumValues, otherValue } from '../../packages/server/src/slices/usage/rollups/dimensions'
import { sketchThresholds } from '../../packages/shared/src/insights/latency-sketch'
import type { Task } from './loading'

/** A number that looks random and is the same each time. */
const random = (seed: number, below: number) => `(abs(hashint8extended(i, ${seed})) % ${below})`
/** Few values, as models and projects have; and far more than a day names, new ones each day, as agents and tags may have. */
const few = (prefix: string, seed: number, count: number) => `'${prefix}' || lpad((${random(seed, count)})::text, 26, '0')`
const many = (prefix: string, seed: number) => `'${prefix}' || lpad((${random(seed, 5_000)})::text, 26, '0')`

/** When today begins, whose hours to come are left out of nothing: a dashboard asks for whole days. */
const today = `date_trunc('day', now(), 'UTC')`

/** Calls stand in the order in which they were made, as they arrive. */
const eventColumns = {
  occurred_at: `${today} + (i - 1) * (86400000.0 / $calls) * interval '1 millisecond'`,
  id: `'use_' || lpad(i::text, 26, '0')`,
  received_at: today,
  source: `'sdk'`,
  provider: `(ARRAY['openai', 'anthropic', 'google', 'bedrock'])[1 + ${random(2, 4)}]`,
  operation: `'chat'`,
  response_model: `'model-' || ${random(3, 8)}`,
  status: `CASE WHEN ${random(4, 50)} = 0 THEN 'error' ELSE 'ok' END`,
  latency_ms: random(5, 4_000),
  team_id: few('team_', 6, 3),
  project_id: few('prj_', 7, 5),
  agent_id: many('agt_', 8),
  key_id: many('pky_', 9),
  environment: `(ARRAY['development', 'staging', 'production'])[1 + ${random(10, 3)}]`,
  tags: `ARRAY[${many('tag-', 11)}]`,
  quality: `'exact'`,
  input_uncached: random(12, 8_000),
  cache_read: random(13, 2_000),
  output_text: random(14, 1_000),
  charged_nanos: random(15, 9_000_000),
  cost_nanos: random(15, 9_000_000),
} as const
export const eventNames = Object.keys(eventColumns) as (keyof typeof eventColumns)[] // its own names

/** What each value of a dimension is, over the columns of an event. */
const places: Partial<Record<Dimension, readonly [value: string, paired: string]>> = {
  total: [`''`, `''`],
  provider: ['provider', `''`],
  model: ['response_model', `''`],
  operation: ['operation', `''`],
  agent: ['agent_id', `''`],
  project: ['project_id', `''`],
  team: ['team_id', `''`],
  key: ['key_id', `''`],
  environment: ['environment', `''`],
  tag: ['tags[1]', `''`],
  agent_model: ['agent_id', 'response_model'],
  key_model: ['key_id', 'response_model'],
  project_model: ['project_id', 'response_model'],
}

/** The calls of one day, and what they add up to: bench_day, and bench_sums by quarter hour, hour and day. */
export const makeDay = (calls: number): Task[] => [
  async (client) => {
    const selected = Object.entries(eventColumns).map(([name, expression]) => `${expression.replace('$calls', String(calls))} AS ${name}`)
    await client.query(`DROP TABLE IF EXISTS bench_day, bench_sums_quarter, bench_sums_hour, bench_sums_day`)
    await client.query(
      `CREATE UNLOGGED TABLE bench_day WITH (autovacuum_enabled = off) AS SELECT ${selected.join(', ')} FROM generate_series(1, ${calls}) AS i`,
    )
    await client.query('ANALYZE bench_day')
    const [[dimension, place] = ['', ['', '']] as const] = Object.entries(places)
    await client.query(
      `CREATE UNLOGGED TABLE bench_sums_quarter WITH (autovacuum_enabled = off) AS ${selectSums(dimension, place)} WITH NO DATA`,
    )
  },
]

export const sumDay: Task[] = Object.entries(places).map(([dimension, place]) => async (client) => {
  await client.query(`INSERT INTO bench_sums_quarter ${selectSums(dimension, place)}`)
})

export const joinQuarters: Task[] = (['hour', 'day'] as const).map((grain) => async (client) => {
  await client.query(`CREATE UNLOGGED TABLE bench_sums_${grain} WITH (autovacuum_enabled = off) AS SELECT dimension, date_trunc('${grain}', starts_at, 'UTC') AS starts_at, value, paired, ${added}
    FROM bench_sums_quarter GROUP BY 1, 2, 3, 4`)
})

/** By quarter and value, what is beyond the thousand that a day names under one name. */
function selectSums(dimension: string, [value, paired]: readonly [string, string]): string {
  const isFew = !/agent|key|tag/.test(dimension)
  const named = `(SELECT ${value} AS v, ${paired} AS p FROM bench_day GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${maximumValues})`
  const other = paired === `''` ? `''` : `e'${escapeControl(otherValue)}'`
  const keys = isFew
    ? `${value} AS value, ${paired} AS paired`
    : `CASE WHEN n.v IS NULL THEN e'${escapeControl(otherValue)}' ELSE n.v END AS value, CASE WHEN n.v IS NULL THEN ${other} ELSE n.p END AS paired`
  const join = isFew ? '' : `LEFT JOIN ${named} AS n ON n.v = ${value} AND n.p = ${paired}`
  return `SELECT '${dimension}' AS dimension, date_bin('15 minutes', occurred_at, ${today}) AS starts_at, ${keys}, ${sums} FROM bench_day ${join} GROUP BY 2, 3, 4`
}

const escapeControl = (text: string) => `\\x${(text.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`

/** What one call adds to a sketch: the count of bucket n stands at 10^12n. */
const units = `ARRAY[${[0, ...sketchThresholds].map((_, bucket) => `1e${12 * bucket}`).join()}]`

const computed: Readonly<Record<string, string>> = {
  calls: 'count(*)',
  errors: `count(*) FILTER (WHERE status = 'error')`,
  cost_nanos: 'sum(cost_nanos)',
  charged_nanos: 'sum(charged_nanos)',
  input_uncached: 'sum(input_uncached)',
  cache_read: 'sum(cache_read)',
  output_text: 'sum(output_text)',
  requests: 'count(*)',
  latency_calls: 'count(*)',
  latency_ms: 'sum(latency_ms)',
  latency_sketch: `sum((${units})[width_bucket(latency_ms, ARRAY[${sketchThresholds.join()}]::integer[]) + 1])`,
}
export const sumNames = [...sumColumns, ...sketchColumns]
const sums = sumNames.map((name) => `${computed[name] ?? '0::numeric'} AS ${name}`).join(', ')
export const added = sumNames.map((name) => `sum(${name}) AS ${name}`).join(', ')
