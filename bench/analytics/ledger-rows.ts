import { sketchColumns, sumColumns } from '../../packages/server/src/slices/usage/rollups/columns'
import { type Dimension, maximumValues, otherValue } from '../../packages/server/src/slices/usage/rollups/dimensions'

export const days = 90
/** Quarters and hours older than these are read by no query of a dashboard: its ranges begin at midnight. */
const quarterDays = 8

interface Client {
  query(sql: string): Promise<unknown>
}

/** A number that looks random and is the same each time. */
const random = (seed: number, below: number) => `(abs(hashint8extended(i, ${seed})) % ${below})`
/** Few values, as models and projects have; and far more than a day names, new ones each day, as agents and tags may have. */
const few = (prefix: string, seed: number, count: number) => `'${prefix}' || lpad((${random(seed, count)})::text, 26, '0')`
const many = (prefix: string, seed: number) => `'${prefix}' || lpad((${random(seed, 5_000)})::text, 26, '0')`

const eventColumns = {
  occurred_at: `$day + ${random(1, 86_400_000)} * interval '1 millisecond'`,
  id: `'use_' || lpad(i::text, 26, '0')`,
  received_at: '$day',
  source: `'sdk'`,
  provider: `(ARRAY['openai', 'anthropic', 'google', 'bedrock'])[1 + ${random(2, 4)}]`,
  operation: `'chat'`,
  endpoint: `'POST /chat/completions'`,
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
type EventColumn = keyof typeof eventColumns
const eventNames = Object.keys(eventColumns) as EventColumn[]

/** What each value of a dimension is, over the columns of an event. */
const places: Partial<Record<Dimension, readonly [value: string, paired: string]>> = {
  total: [`''`, `''`],
  provider: ['provider', `''`],
  model: ['response_model', `''`],
  operation: ['operation', `''`],
  endpoint: ['endpoint', `''`],
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

/** Values that are others on another day. */
const renewed = ['agent_id', 'key_id'] as const

/**
 * A ledger of one organization, as if so many calls had been reported over 90 days, each day as busy as the other. The sums of a day
 * are computed from its calls; days differ in which agents, keys and tags they know.
 */
export async function writeLedger(client: Client, organizationId: string, rows: number): Promise<void> {
  const perDay = Math.floor(rows / days)
  await client.query(`DROP TABLE IF EXISTS bench_day, bench_sums`)
  const selected = eventNames.map((name) => `${eventColumns[name].replaceAll('$day', startOf(0))} AS ${name}`)
  await client.query(`CREATE UNLOGGED TABLE bench_day AS SELECT ${selected.join(', ')} FROM generate_series(1, ${perDay}) AS i`)
  await client.query(`CREATE UNLOGGED TABLE bench_sums AS ${Object.entries(places).map(toSums).join(' UNION ALL ')}`)
  await client.query('ANALYZE bench_day; ANALYZE bench_sums')
  for (let day = 0; day < days; day++) await writeDay(client, organizationId, day)
  await client.query(`INSERT INTO usage_month (organization_id, ${keyColumns}, ${amounts})
    SELECT organization_id, dimension, date_trunc('month', starts_at, 'UTC') AS month, value, paired, ${added} FROM usage_day
    GROUP BY organization_id, dimension, month, value, paired`)
  await client.query('VACUUM ANALYZE usage_month, usage_day, usage_hour, usage_quarter, usage_event')
}

/** Day 0 is today, whose hours to come are left out of nothing: a dashboard asks for whole days. */
const startOf = (day: number) => `(date_trunc('day', now(), 'UTC') - interval '${day} days')`

const quarterOf = `date_bin('15 minutes', occurred_at, ${startOf(0)})`

/** By quarter and value, what is beyond the thousand that a day names under one name. */
function toSums([dimension, [value, paired]]: [string, readonly [string, string]]): string {
  const isFew = !/agent|key|tag/.test(dimension)
  const named = `(SELECT ${value} AS v, ${paired} AS p FROM bench_day GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${maximumValues})`
  const other = paired === `''` ? `''` : `e'${escapeControl(otherValue)}'`
  const keys = isFew
    ? `${value} AS value, ${paired} AS paired`
    : `CASE WHEN n.v IS NULL THEN e'${escapeControl(otherValue)}' ELSE n.v END AS value, CASE WHEN n.v IS NULL THEN ${other} ELSE n.p END AS paired`
  const join = isFew ? '' : `LEFT JOIN ${named} AS n ON n.v = ${value} AND n.p = ${paired}`
  return `(SELECT '${dimension}' AS dimension, ${quarterOf} AS quarter, ${keys}, ${sums} FROM bench_day ${join} GROUP BY 2, 3, 4)`
}

const escapeControl = (text: string) => `\\x${(text.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`

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
}
/** A sketch is as wide as a real one; into which classes its calls fall does not change what reading it costs. */
const sums = [
  ...sumColumns.map((name) => `${computed[name] ?? '0'} AS ${name}`),
  `array_fill((count(*) / 64)::integer, ARRAY[64]) AS latency_sketch`,
  `'{}'::integer[] AS first_token_sketch`,
].join(', ')

const keyColumns = 'dimension, starts_at, value, paired'
const amounts = [...sumColumns, ...sketchColumns].join(', ')
const added = [...sumColumns.map((name) => `sum(${name})`), `array_fill(sum(calls)::integer / 64, ARRAY[64])`, `'{}'::integer[]`].join(', ')

async function writeDay(client: Client, organizationId: string, day: number): Promise<void> {
  const shift = `- interval '${day} days'`
  const suffix = `'${day.toString(36).padStart(2, '0')}'`
  // The zeros before a number: its last digits tell it from the others of its day.
  const renew = (name: string) => `overlay(${name} placing ${suffix} from length(${name}) - 25)`
  const selected = eventNames.map((name) => {
    if (name === 'occurred_at' || name === 'received_at') return `${name} ${shift}`
    if (name === 'id') return `overlay(id placing ${suffix} from 5)`
    if (name === 'tags') return `ARRAY[${renew('tags[1]')}]`
    return (renewed as readonly string[]).includes(name) ? renew(name) : name
  })
  const partition = `usage_event_${new Date(Date.now() - day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '_')}`
  await client.query(
    `INSERT INTO ${partition} (organization_id, ${eventNames.join(', ')}) SELECT '${organizationId}', ${selected.join(', ')} FROM bench_day`,
  )
  const value = `CASE WHEN dimension ~ 'agent|key|tag' AND length(value) > 10 THEN ${renew('value')} ELSE value END`
  const columns = `${keyColumns}, ${amounts}`
  if (day < quarterDays) {
    await client.query(`INSERT INTO usage_quarter (organization_id, ${columns})
      SELECT '${organizationId}', dimension, quarter ${shift}, ${value}, paired, ${amounts} FROM bench_sums`)
    await client.query(`INSERT INTO usage_hour (organization_id, ${columns})
      SELECT '${organizationId}', dimension, date_bin('1 hour', quarter, 'epoch') ${shift} AS hour, ${value}, paired, ${added} FROM bench_sums
      GROUP BY dimension, hour, value, paired`)
  }
  await client.query(`INSERT INTO usage_day (organization_id, ${columns})
    SELECT '${organizationId}', dimension, ${startOf(day)}, ${value}, paired, ${added} FROM bench_sums GROUP BY dimension, value, paired`)
}
