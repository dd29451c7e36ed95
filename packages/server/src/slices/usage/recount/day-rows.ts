import type pg from 'pg'
import { sketchColumns, sumColumns } from '../rollups/columns'
import { maximumValues } from '../rollups/dimensions'
import { expectedSql } from './expected'

/** One local day of an organization: from where its calls are counted, and when it begins by its sums. */
export interface CountedDay {
  start: Date
  from: Date
  to: Date
}

/** Sums of one value that are not what they should be. */
export interface SumDifference {
  grain: 'quarter' | 'day'
  dimension: string
  startsAt: Date
  value: string
  paired: string
  /** Column by column, what there is and what there should be. */
  columns: string[]
}

const keys = 'dimension, starts_at, value, paired'
const columns = [...sumColumns, ...sketchColumns].join(', ')
const nothing = `array_fill(0, ARRAY[64])`

const findings = [
  ...sumColumns.map(
    (name) =>
      `CASE WHEN coalesce(a.${name}, 0) <> coalesce(e.${name}, 0) THEN format('${name} %s instead of %s', coalesce(a.${name}, 0), coalesce(e.${name}, 0)) END`,
  ),
  ...sketchColumns.map(
    (name) =>
      `CASE WHEN keylease_add_sketch(coalesce(a.${name}, '{}'), ${nothing}) <> keylease_add_sketch(coalesce(e.${name}, '{}'), ${nothing}) THEN '${name}' END`,
  ),
].join(', ')

const compared = `
  SELECT dimension, starts_at AS "startsAt", value, paired, columns FROM (
    SELECT ${keys}, array_remove(ARRAY[${findings}], NULL) AS columns FROM expected e FULL JOIN actual a USING (${keys})) AS judged
  WHERE cardinality(columns) > 0 ORDER BY starts_at, dimension, value, paired`

const actualOf = (table: 'usage_quarter' | 'usage_day') =>
  `actual AS (SELECT ${keys}, ${columns} FROM ${table} WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3)`

const sumOfQuarters = (start: string) => `
  SELECT dimension, ${start}::timestamptz AS starts_at, value, paired, ${sumColumns.map((name) => `sum(${name}) AS ${name}`).join(', ')},
    ${sketchColumns.map((name) => `keylease_sum_sketch(${name}) AS ${name}`).join(', ')}
  FROM usage_quarter WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3 GROUP BY dimension, value, paired`

/** Quarters against the ledger, and the day against its quarters: together the day against the ledger, as of one moment. */
const compareSql = `
  SELECT 'quarter' AS grain, quarters.* FROM (WITH ${expectedSql}, ${actualOf('usage_quarter')} ${compared}) AS quarters
  UNION ALL SELECT 'day', days.* FROM (WITH expected AS (${sumOfQuarters('$5')}), ${actualOf('usage_day')} ${compared}) AS days`

export async function compareSums(client: pg.ClientBase, organizationId: string, day: CountedDay): Promise<SumDifference[]> {
  const { rows } = await client.query<SumDifference>(compareSql, [organizationId, day.from, day.to, maximumValues, day.start])
  return rows
}

const zeros = [...sumColumns.map((name) => `${name} = 0`), ...sketchColumns.map((name) => `${name} = '{}'`)].join(', ')
const replacements = [...sumColumns, ...sketchColumns].map((name) => `${name} = excluded.${name}`).join(', ')

/** Puts what should be in the place of what is. Values that the day names stay named: what was folded stays so. */
export async function repairSums(client: pg.ClientBase, organizationId: string, { start, from, to }: CountedDay): Promise<void> {
  const bounds = [organizationId, from, to]
  await client.query(`UPDATE usage_day SET ${zeros} WHERE organization_id = $1 AND starts_at = $2`, [organizationId, start])
  await client.query('DELETE FROM usage_day WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3 AND starts_at <> $4', [
    ...bounds,
    start,
  ])
  await client.query('DELETE FROM usage_quarter WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3', bounds)
  await client.query(
    `WITH ${expectedSql} INSERT INTO usage_quarter (organization_id, ${keys}, ${columns}) SELECT $1, ${keys}, ${columns} FROM expected ORDER BY ${keys}`,
    [...bounds, maximumValues, start],
  )
  await client.query(
    `INSERT INTO usage_day (organization_id, ${keys}, ${columns}) SELECT $1, ${keys}, ${columns} FROM (${sumOfQuarters('$4')}) AS summed ORDER BY ${keys}
     ON CONFLICT (organization_id, ${keys}) DO UPDATE SET ${replacements}`,
    [...bounds, start],
  )
}
