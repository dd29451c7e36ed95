import type pg from 'pg'
import { countLimit } from '../../../platform/page'
import { otherValue } from '../rollups/dimensions'
import type { CountName, NanosName, Wanted } from './measures'
import { type Binder, createBinder } from './parts'
import type { Plan } from './plan'
import type { Segment } from './segments'
import { readKey, selectParts, toKeys } from './sum-rows'

export interface RankedGroup {
  key: string[]
  isRest: boolean
  /** By which it was ranked, as text, and what breaks ties. */
  rank: string
  tie: string
}

interface Ranking {
  by: CountName | NanosName | 'averageLatency'
  isAscending: boolean
  limit: number
  after: Pick<RankedGroup, 'isRest' | 'rank' | 'tie'> | null
}

interface Measured {
  wanted: Wanted
  expression: string
  /** Whether more calls never make it less. */
  isSum: boolean
}

/**
 * Which groups come next in an order; the rest always last. `total` counts them all, as far as totals go. Sums come in the order of
 * their keys, so that groups, however many, are added up one after the other and none of them is kept.
 */
export async function rankGroups(client: pg.ClientBase, plan: Plan, ranking: Ranking): Promise<{ groups: RankedGroup[]; total: number }> {
  if (plan.segments.length === 0) return { groups: [], total: 0 }
  if (plan.rollups === null) return readRanked(client, plan, ranking)
  await client.query('SET LOCAL enable_hashagg = off')
  const ranked = await readRanked(client, plan, ranking)
  await client.query('SET LOCAL enable_hashagg = on')
  return ranked
}

async function readRanked(client: pg.ClientBase, plan: Plan, ranking: Ranking): Promise<{ groups: RankedGroup[]; total: number }> {
  const binder = createBinder()
  const keys = toKeys(plan)
  const measured = toMeasured(ranking.by)
  const isRest = keys.map((key) => `${key} = ${binder.bind(otherValue)}`).join(' OR ')
  const tie = keys.reduce((seed, key) => `hashtextextended(${key}, ${seed})`, '0')
  const least = selectLeast(plan, ranking, measured, isRest, binder)
  const months = plan.segments.filter(({ of, from, to }) => of === 'month' && to.getTime() - from.getTime() > longMs)
  const next = ranking.after ? `WHERE ${toNext(ranking.after, ranking.isAscending, binder)}` : ''
  const found = await client.query<Record<string, unknown> & { isRest: boolean; rank: string; tie: string; total: number }>(
    `WITH grouped AS ${months.length > 0 ? 'NOT' : ''} MATERIALIZED (${selectGroups(plan, measured, binder)})
     SELECT ${keys.join(', ')}, rank::text, "isRest", tie::text,
       ${countGroups({ ...plan, segments: months }, measured, binder)}::float8 AS total
     FROM (SELECT *, (${isRest}) AS "isRest", ${tie} AS tie FROM grouped ${least && `WHERE rank >= coalesce((${least}), '-Infinity')`}) AS ranked ${next}
     ORDER BY "isRest", ranked.rank ${ranking.isAscending ? 'ASC' : 'DESC'}, ranked.tie LIMIT ${binder.bind(ranking.limit)}`,
    binder.values,
  )
  const groups = found.rows.map((row) => ({ key: readKey(plan, row), isRest: row.isRest, rank: row.rank, tie: row.tie }))
  return { groups, total: found.rows[0]?.total ?? 0 }
}

/** Of groups beyond count, adding up the first of them again is less than keeping all; months alone may hold as many. */
function countGroups(months: Plan, measured: Measured, binder: Binder): string {
  const count = (groups: string) => `(SELECT count(*) FROM (SELECT FROM ${groups} LIMIT ${countLimit}) AS counted)`
  if (months.segments.length === 0) return count('grouped')
  const ofMonths = count(`(${selectGroups(months, measured, binder)}) AS of_months`)
  return `(CASE ${ofMonths} WHEN ${countLimit} THEN ${countLimit} ELSE ${count('grouped')} END)`
}

function selectGroups(plan: Plan, { wanted, expression }: Measured, binder: Binder): string {
  const keys = toKeys(plan)
  const parts = selectParts(plan, wanted, { isOrdered: plan.rollups !== null }, binder)
  return `SELECT ${keys.join(', ')}, ${expression} AS rank FROM (${parts}) AS part GROUP BY ${keys.join(', ')} HAVING max(calls) > 0`
}

const hourMs = 3_600_000
/** More than one month. */
const longMs = 45 * 24 * hourMs

/**
 * What the last of a first page has at least: as many groups have that on one day alone, and the range holds that day whole. All
 * below are left out before they are put in order.
 */
function selectLeast(plan: Plan, { isAscending, after, limit }: Ranking, measured: Measured, isRest: string, binder: Binder): string {
  const [from, to] = [new Date(plan.to.getTime() - 49 * hourMs), new Date(plan.to.getTime() - 25 * hourMs)]
  if (plan.rollups === null || !measured.isSum || isAscending || after || from < plan.from) return ''
  const day: Segment = { of: 'day', from, to }
  const groups = selectGroups({ ...plan, segments: [day] }, measured, binder)
  return `SELECT rank FROM (${groups}) AS day WHERE NOT (${isRest}) ORDER BY rank DESC OFFSET ${binder.bind(limit - 1)} LIMIT 1`
}

function toNext({ isRest, rank, tie }: Pick<RankedGroup, 'isRest' | 'rank' | 'tie'>, isAscending: boolean, { bind }: Binder): string {
  const after = { isRest: `${bind(isRest)}::boolean`, rank: `${bind(rank)}::numeric`, tie: `${bind(tie)}::bigint` }
  const isBeyond = `rank ${isAscending ? '>' : '<'} ${after.rank} OR (rank = ${after.rank} AND tie > ${after.tie})`
  return `"isRest" > ${after.isRest} OR ("isRest" = ${after.isRest} AND (${isBeyond}))`
}

function toMeasured(name: Ranking['by']): Measured {
  if (name === 'averageLatency') {
    const wanted: Wanted = { counts: ['calls', 'latencyCalls', 'latencyMs'], nanos: [], hasVector: false }
    return { wanted, expression: 'round(coalesce(sum("latencyMs") / nullif(sum("latencyCalls"), 0), 0), 6)', isSum: false }
  }
  const isNanos = name === 'cost' || name === 'charged' || name === 'assumedCost' || name === 'estimatedCost'
  const counts: readonly CountName[] = isNanos || name === 'calls' ? ['calls'] : ['calls', name]
  return { wanted: { counts, nanos: isNanos ? [name] : [], hasVector: false }, expression: `sum("${name}")::numeric`, isSum: true }
}
