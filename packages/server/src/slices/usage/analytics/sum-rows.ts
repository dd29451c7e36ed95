import type pg from 'pg'
import { otherValue } from '../rollups/dimensions'
import { type CountName, listMeasures, type NanosName, type Wanted } from './measures'
import { type Binder, createBinder, type PartOptions, selectPart } from './parts'
import type { Plan } from './plan'
import { type Sums, toSums } from './sums'

export interface SumRow {
  /** When the point begins; null where there are none. */
  at: Date | null
  key: string[]
  sums: Sums
}

type Row = Record<string, unknown> & { at?: Date }

/** Sums over the range: by point in time and by group, as far as they are asked for. */
export async function readSums(client: pg.ClientBase, plan: Plan, wanted: Wanted, options: PartOptions = {}): Promise<SumRow[]> {
  if (plan.segments.length === 0 || options.keys?.length === 0) return []
  const binder = createBinder()
  const by = [...(options.granularity ? ['at'] : []), ...toKeys(plan)]
  const sums = listMeasures(wanted).map(([name, , type]) => `sum("${name}")::${type === 'count' ? 'float8' : 'text'} AS "${name}"`)
  const found = await client.query<Row>(
    `SELECT ${[...by, ...sums].join(', ')} FROM (${selectParts(plan, wanted, options, binder)}) AS part
     ${toWhere(plan, options.keys, binder)} ${by.length > 0 ? `GROUP BY ${by.join(', ')} HAVING sum(calls) > 0` : ''}`,
    binder.values,
  )
  return found.rows.map((row) => ({ at: row.at ?? null, key: readKey(plan, row), sums: toSums(row) }))
}

export interface RankedGroup {
  key: string[]
  isRest: boolean
  /** By which it was ranked, as text, and what breaks ties. */
  rank: string
  tie: string
}

export interface Ranking {
  by: CountName | NanosName | 'averageLatency'
  isAscending: boolean
  limit: number
  after: Pick<RankedGroup, 'isRest' | 'rank' | 'tie'> | null
}

const rankings: Partial<Record<Ranking['by'], { wanted: Wanted; expression: string }>> = {
  averageLatency: {
    wanted: { counts: ['calls', 'latencyCalls', 'latencyMs'], nanos: [], hasVector: false },
    expression: 'round(coalesce(sum("latencyMs") / nullif(sum("latencyCalls"), 0), 0), 6)',
  },
}

/** Which groups come next in an order; the rest always last. `total` counts them all. */
export async function rankGroups(client: pg.ClientBase, plan: Plan, ranking: Ranking): Promise<{ groups: RankedGroup[]; total: number }> {
  if (plan.segments.length === 0) return { groups: [], total: 0 }
  const binder = createBinder()
  const { wanted, expression } = rankings[ranking.by] ?? toRanking(ranking.by)
  const keys = toKeys(plan)
  const parts = selectParts(plan, wanted, {}, binder)
  const isRest = keys.map((key) => `${key} = ${binder.bind(otherValue)}`).join(' OR ')
  const [direction, beyond] = ranking.isAscending ? ['ASC', '>'] : ['DESC', '<']
  const { after } = ranking
  const [rest, rank, tie] = after ? [after.isRest, after.rank, after.tie].map((value) => binder.bind(value)) : []
  const next = after
    ? `WHERE "isRest" > ${rest}::boolean OR ("isRest" = ${rest} AND (rank ${beyond} ${rank}::numeric OR (rank = ${rank}::numeric AND tie > ${tie})))`
    : ''
  const found = await client.query<Row & { isRest: boolean; rank: string; tie: string; total: number }>(
    `WITH grouped AS MATERIALIZED (
       SELECT ${keys.join(', ')}, ${expression} AS rank, (${isRest}) AS "isRest", md5(concat_ws(E'\\x01', ${keys.join(', ')})) AS tie
       FROM (${parts}) AS part GROUP BY ${keys.join(', ')} HAVING sum(calls) > 0)
     SELECT ${keys.join(', ')}, rank::text, "isRest", tie, (SELECT count(*)::float8 FROM grouped) AS total FROM grouped ${next}
     ORDER BY "isRest", grouped.rank ${direction}, tie LIMIT ${binder.bind(ranking.limit)}`,
    binder.values,
  )
  const groups = found.rows.map((row) => ({ key: readKey(plan, row), isRest: row.isRest, rank: row.rank, tie: row.tie }))
  return { groups, total: found.rows[0]?.total ?? 0 }
}

function toRanking(name: CountName | NanosName | 'averageLatency') {
  const isNanos = name === 'cost' || name === 'charged' || name === 'assumedCost' || name === 'estimatedCost'
  const counts: readonly CountName[] = isNanos || name === 'averageLatency' || name === 'calls' ? ['calls'] : ['calls', name]
  return { wanted: { counts, nanos: isNanos ? [name] : [], hasVector: false }, expression: `sum("${name}")::numeric` }
}

export const toKeys = ({ question }: Plan) => question.groups.map((_, place) => `k${place}`)
export const readKey = (plan: Plan, row: Readonly<Record<string, unknown>>) => toKeys(plan).map((key) => String(row[key]))

function selectParts(plan: Plan, wanted: Wanted, options: PartOptions, binder: Binder): string {
  const measures = listMeasures(wanted)
  const columns = (of: 'sums' | 'event') => measures.map(([name, measure]) => `${measure[of]} AS "${name}"`)
  return plan.segments.map((segment) => selectPart(plan, segment, columns, options, binder)).join(' UNION ALL ')
}

/** Pairs are looked up by each of their halves: which of them belong together is said here. */
export function toWhere(plan: Plan, keys: PartOptions['keys'], { bind }: Binder): string {
  if (!keys) return ''
  const columns = toKeys(plan)
  const arrays = columns.map((_, place) => `${bind(keys.map((key) => key[place] ?? ''))}::text[]`)
  return `WHERE (${columns.join(', ')}) IN (SELECT * FROM unnest(${arrays.join(', ')}))`
}
