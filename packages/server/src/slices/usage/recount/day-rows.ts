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

/** A local month of which some days are counted. */
export interface CountedMonth {
  start: Date
  end: Date
}

/** Sums of one value that are not what they should be. */
export interface SumDifference {
  grain: 'quarter' | 'hour' | 'day' | 'month'
  dimension: string
  startsAt: Date
  value: string
  paired: string
  /** Column by column, what there is and what there should be. */
  columns: string[]
}

const keys = 'dimension, starts_at, value, paired'
const names = [...sumColumns, ...sketchColumns]
const columns = names.join(', ')

const findings = [
  ...sumColumns.map(
    (name) =>
      `CASE WHEN coalesce(a.${name}, 0) <> coalesce(e.${name}, 0) THEN format('${name} %s instead of %s', coalesce(a.${name}, 0), coalesce(e.${name}, 0)) END`,
  ),
  ...sketchColumns.map((name) => `CASE WHEN coalesce(a.${name}, 0) <> coalesce(e.${name}, 0) THEN '${name}' END`),
].join(', ')

const compared = `
  SELECT dimension, starts_at AS "startsAt", value, paired, columns FROM (
    SELECT ${keys}, array_remove(ARRAY[${findings}], NULL) AS columns FROM expected e FULL JOIN actual a USING (${keys})) AS judged
  WHERE cardinality(columns) > 0 ORDER BY starts_at, dimension, value, paired`

type Table = 'usage_quarter' | 'usage_hour' | 'usage_day' | 'usage_month'

const actualOf = (table: Table, from = '$2', to = '$3') =>
  `actual AS (SELECT ${keys}, ${columns} FROM ${table} WHERE organization_id = $1 AND starts_at >= ${from} AND starts_at < ${to})`

const sumOf = (table: Table, start: string, from = '$2', to = '$3') => `
  SELECT dimension, ${start} AS starts_at, value, paired, ${names.map((name) => `sum(${name}) AS ${name}`).join(', ')}
  FROM ${table} WHERE organization_id = $1 AND starts_at >= ${from} AND starts_at < ${to} GROUP BY 1, 2, value, paired`

/** The hours of UTC that a local day touches: at its edges one may hold quarters of the next. */
const [hour, firstHour, lastHour] = [
  `date_bin('1 hour', starts_at, 'epoch')`,
  `date_bin('1 hour', $2::timestamptz, 'epoch')`,
  `date_bin('1 hour', $3::timestamptz + interval '59 minutes 59 seconds', 'epoch')`,
]
const sumOfHours = sumOf('usage_quarter', hour, firstHour, lastHour)
const sumOfDay = (start: string) => sumOf('usage_quarter', `${start}::timestamptz`)
const sumOfMonth = sumOf('usage_day', '$2::timestamptz')

/** Quarters against the ledger, hours and the day against quarters: together the day against the ledger, as of one moment. */
const compareSql = `
  SELECT 'quarter' AS grain, quarters.* FROM (WITH ${expectedSql}, ${actualOf('usage_quarter')} ${compared}) AS quarters
  UNION ALL SELECT 'hour', hours.* FROM (
    WITH expected AS (${sumOfHours}), ${actualOf('usage_hour', firstHour, lastHour)} ${compared}) AS hours
  UNION ALL SELECT 'day', days.* FROM (WITH expected AS (${sumOfDay('$5')}), ${actualOf('usage_day')} ${compared}) AS days`

export async function compareSums(client: pg.ClientBase, organizationId: string, day: CountedDay): Promise<SumDifference[]> {
  const { rows } = await client.query<SumDifference>(compareSql, [organizationId, day.from, day.to, maximumValues, day.start])
  return rows
}

const compareMonthSql = `SELECT 'month' AS grain, months.* FROM (WITH expected AS (${sumOfMonth}), ${actualOf('usage_month')} ${compared}) AS months`

/** A month against its days. */
export async function compareMonth(client: pg.ClientBase, organizationId: string, { start, end }: CountedMonth): Promise<SumDifference[]> {
  const { rows } = await client.query<SumDifference>(compareMonthSql, [organizationId, start, end])
  return rows
}

const insertInto = (table: Table) => `INSERT INTO ${table} (organization_id, ${keys}, ${columns})`
const zeros = names.map((name) => `${name} = 0`).join(', ')
const replacements = names.map((name) => `${name} = excluded.${name}`).join(', ')

/** Puts what should be in the place of what is. Values that the day names stay named: what was folded stays so. */
export async function repairSums(client: pg.ClientBase, organizationId: string, { start, from, to }: CountedDay): Promise<void> {
  const bounds = [organizationId, from, to]
  await client.query(`UPDATE usage_day SET ${zeros} WHERE organization_id = $1 AND starts_at = $2`, [organizationId, start])
  await client.query('DELETE FROM usage_day WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3 AND starts_at <> $4', [
    ...bounds,
    start,
  ])
  await client.query('DELETE FROM usage_quarter WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3', bounds)
  await client.query(`WITH ${expectedSql} ${insertInto('usage_quarter')} SELECT $1, ${keys}, ${columns} FROM expected ORDER BY ${keys}`, [
    ...bounds,
    maximumValues,
    start,
  ])
  await client.query(`DELETE FROM usage_hour WHERE organization_id = $1 AND starts_at >= ${firstHour} AND starts_at < ${lastHour}`, bounds)
  await client.query(`${insertInto('usage_hour')} SELECT $1, ${keys}, ${columns} FROM (${sumOfHours}) AS summed ORDER BY ${keys}`, bounds)
  await client.query(
    `${insertInto('usage_day')} SELECT $1, ${keys}, ${columns} FROM (${sumOfDay('$4')}) AS summed ORDER BY ${keys}
     ON CONFLICT (organization_id, ${keys}) DO UPDATE SET ${replacements}`,
    [...bounds, start],
  )
}

export async function repairMonth(client: pg.ClientBase, organizationId: string, { start, end }: CountedMonth): Promise<void> {
  const bounds = [organizationId, start, end]
  await client.query('DELETE FROM usage_month WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3', bounds)
  await client.query(`${insertInto('usage_month')} SELECT $1, ${keys}, ${columns} FROM (${sumOfMonth}) AS summed ORDER BY ${keys}`, bounds)
}
