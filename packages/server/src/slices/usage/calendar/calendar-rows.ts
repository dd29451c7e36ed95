import type pg from 'pg'
import { sketchColumns, sumColumns } from '../rollups/columns'
import { otherValue } from '../rollups/dimensions'

/** Organizations whose days begin in another zone than the settings say. */
export async function listMovedOrganizations(pool: pg.Pool): Promise<string[]> {
  const found = await pool.query<{ id: string }>(
    `SELECT o.id FROM organization o JOIN usage_calendar c ON c.organization_id = o.id WHERE c.time_zone <> o.time_zone
       AND c.time_zone <> coalesce((SELECT z.name FROM pg_timezone_names z WHERE lower(z.name) = lower(o.time_zone)), 'UTC') ORDER BY 1`,
  )
  return found.rows.map(({ id }) => id)
}

export interface MovedDays {
  /** In which zone days begin from now on. */
  timeZone: string
  /** What begins here or later is summed anew. */
  from: Date
  /** The first day that begins in the new zone after that. */
  since: Date
}

/** From the first day of the zone before of which every quarter is still there. */
export async function readMove(client: pg.ClientBase, organizationId: string, retainedFrom: Date): Promise<MovedDays> {
  const found = await client.query<MovedDays>(
    `SELECT "timeZone", start AS from, CASE WHEN date_trunc('day', start, "timeZone") = start THEN start
       ELSE (date_trunc('day', start, "timeZone") AT TIME ZONE "timeZone" + interval '1 day') AT TIME ZONE "timeZone" END AS since
     FROM (
       SELECT coalesce((SELECT z.name FROM pg_timezone_names z WHERE lower(z.name) = lower(o.time_zone)), 'UTC') AS "timeZone",
         CASE WHEN date_trunc('day', whole, c.time_zone) = whole THEN whole
           ELSE ((date_trunc('day', whole, c.time_zone) AT TIME ZONE c.time_zone)::date + 1)::timestamp AT TIME ZONE c.time_zone END AS start
       FROM organization o JOIN usage_calendar c ON c.organization_id = o.id, greatest($2, c.since) AS whole WHERE o.id = $1) AS moved`,
    [organizationId, retainedFrom],
  )
  const [row] = found.rows
  if (!row) throw new Error('the days of an organization without a calendar')
  return row
}

const keys = 'dimension, starts_at, value, paired'
const names = [...sumColumns, ...sketchColumns]
const columns = names.join(', ')
const sums = names.map((name) => `sum(${name})`).join(', ')
const additions = names.map((name) => `${name} = t.${name} + excluded.${name}`).join(', ')

/** Days of the new zone in the place of those of the old one. A day that the change cuts in two adds to what stands there. */
export async function moveDays(client: pg.ClientBase, organizationId: string, { timeZone, from, since }: MovedDays): Promise<void> {
  await client.query('DELETE FROM usage_day WHERE organization_id = $1 AND starts_at >= $2', [organizationId, from])
  await client.query(
    `INSERT INTO usage_day AS t (organization_id, ${keys}, ${columns})
     SELECT $1, dimension, date_trunc('day', starts_at, $3) AS day, value, paired, ${sums} FROM usage_quarter
     WHERE organization_id = $1 AND starts_at >= $2 GROUP BY dimension, day, value, paired ORDER BY dimension, day, value, paired
     ON CONFLICT (organization_id, ${keys}) DO UPDATE SET ${additions}`,
    [organizationId, from, timeZone],
  )
  await client.query('UPDATE usage_calendar SET time_zone = $2, since = $3 WHERE organization_id = $1', [organizationId, timeZone, since])
}

/** Months of the new zone: each is the sum of the days that begin in it, of whatever zone they are. */
export async function sumMonths(client: pg.ClientBase, organizationId: string, timeZone: string): Promise<void> {
  await client.query('DELETE FROM usage_month WHERE organization_id = $1', [organizationId])
  await client.query(
    `INSERT INTO usage_month (organization_id, ${keys}, ${columns})
     SELECT $1, dimension, date_trunc('month', starts_at, $2) AS month, value, paired, ${sums} FROM usage_day
     WHERE organization_id = $1 GROUP BY dimension, month, value, paired ORDER BY dimension, month, value, paired`,
    [organizationId, timeZone],
  )
}

/** Days in which some quarters fold a value that others name. */
export async function listFoldedDays(
  client: pg.ClientBase,
  organizationId: string,
  { from, timeZone }: MovedDays,
): Promise<{ start: Date; end: Date }[]> {
  const found = await client.query<{ start: Date; end: Date }>(
    `SELECT DISTINCT date_trunc('day', starts_at, $3) AS start,
       ((date_trunc('day', starts_at, $3) AT TIME ZONE $3)::date + 1)::timestamp AT TIME ZONE $3 AS "end"
     FROM usage_quarter WHERE organization_id = $1 AND starts_at >= $2 AND value = $4 ORDER BY 1`,
    [organizationId, from, timeZone, otherValue],
  )
  return found.rows
}
