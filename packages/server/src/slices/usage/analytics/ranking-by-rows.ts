import type pg from 'pg'
import { countLimit } from '../../../platform/page'
import { otherValue } from '../rollups/dimensions'
import type { Wanted } from './measures'
import { type Binder, createBinder } from './parts'
import type { Plan } from './plan'
import type { Ranked, RankedGroup, Ranking } from './ranked-group'
import { readKey, selectParts, toKeys } from './sum-rows'

type Row = Record<string, unknown> & { isRest: boolean; rank: string; tie: string; total: number }

/** Groups as Postgres adds them up and puts them in order: what is meant is found by an index, or is single calls. */
export async function rankRows(client: pg.ClientBase, plan: Plan, { by, isAscending, limit, after }: Ranking): Promise<Ranked> {
  const binder = createBinder()
  const keys = toKeys(plan)
  const { wanted, expression } = toMeasured(by)
  const isRest = keys.map((key) => `${key} = ${binder.bind(otherValue)}`).join(' OR ')
  const tie = keys.reduce((seed, key) => `hashtextextended(${key}, ${seed})`, '0')
  const next = after ? `WHERE ${toNext(after, isAscending, binder)}` : ''
  const found = await client.query<Row>(
    `WITH grouped AS MATERIALIZED (SELECT ${keys.join(', ')}, ${expression} AS rank FROM (${selectParts(plan, wanted, {}, binder)}) AS part
       GROUP BY ${keys.join(', ')} HAVING max(calls) > 0)
     SELECT ${keys.join(', ')}, rank::text, "isRest", tie::text,
       (SELECT count(*) FROM (SELECT FROM grouped LIMIT ${countLimit}) AS counted)::float8 AS total
     FROM (SELECT *, (${isRest}) AS "isRest", ${tie} AS tie FROM grouped) AS ranked ${next}
     ORDER BY "isRest", ranked.rank ${isAscending ? 'ASC' : 'DESC'}, ranked.tie LIMIT ${binder.bind(limit)}`,
    binder.values,
  )
  const groups = found.rows.map((row) => ({ key: readKey(plan, row), isRest: row.isRest, rank: row.rank, tie: row.tie }))
  return { groups, total: found.rows[0]?.total ?? 0 }
}

function toNext({ isRest, rank, tie }: Pick<RankedGroup, 'isRest' | 'rank' | 'tie'>, isAscending: boolean, { bind }: Binder): string {
  const after = { isRest: `${bind(isRest)}::boolean`, rank: `${bind(rank)}::numeric`, tie: `${bind(tie)}::bigint` }
  const isBeyond = `rank ${isAscending ? '>' : '<'} ${after.rank} OR (rank = ${after.rank} AND tie > ${after.tie})`
  return `"isRest" > ${after.isRest} OR ("isRest" = ${after.isRest} AND (${isBeyond}))`
}

function toMeasured(by: Ranking['by']): { wanted: Wanted; expression: string } {
  if (by === 'averageLatency') {
    const wanted: Wanted = { counts: ['calls', 'latencyCalls', 'latencyMs'], nanos: [], hasVector: false }
    return { wanted, expression: 'round(coalesce(sum("latencyMs") * 1000000 / nullif(sum("latencyCalls"), 0), 0))' }
  }
  const wanted: Wanted =
    by === 'cost'
      ? { counts: ['calls'], nanos: [by], hasVector: false }
      : { counts: by === 'calls' ? [by] : ['calls', by], nanos: [], hasVector: false }
  return { wanted, expression: `sum("${by}")::numeric` }
}
