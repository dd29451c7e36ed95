import type pg from 'pg'
import { countMeasures, nanosMeasures } from '../analytics/measures'
import { type Dimension, dimensionSources } from '../rollups/dimensions'
import { type DayGroup, type Sheet, type SheetMeasure, sheetColumns, sheetMeasures } from './sheet'

/** A day is laid out when it has been over for so long: what is reported soon after it ended does not undo that. */
const settled = `interval '2 hours'`
const dimensions = dimensionSources.map(([name]) => name)
const columns = ['groups', 'hashes', ...Object.values(sheetColumns), 'value', 'paired']

/** Organizations of which a day is over that has no sheets yet. */
export async function listUnlaidOrganizations(pool: pg.Pool, now: Date): Promise<string[]> {
  const found = await pool.query<{ id: string }>(
    `SELECT organization_id AS id FROM usage_calendar WHERE laid_out_before < date_trunc('day', $1::timestamptz - ${settled}, time_zone) ORDER BY 1`,
    [now],
  )
  return found.rows.map(({ id }) => id)
}

/** The first day that is not laid out; null where all are. Read under the lock of the sums. */
export async function findUnlaidDay(client: pg.ClientBase, organizationId: string, now: Date): Promise<Date | null> {
  const found = await client.query<{ day: Date }>(
    `SELECT d.starts_at AS day FROM usage_calendar c JOIN usage_day d USING (organization_id)
     WHERE c.organization_id = $1 AND d.dimension = 'total' AND d.starts_at >= c.laid_out_before
       AND d.starts_at < date_trunc('day', $2::timestamptz - ${settled}, c.time_zone) ORDER BY 1 LIMIT 1`,
    [organizationId, now],
  )
  return found.rows[0]?.day ?? null
}

/** What of a day has no sheet, and at least so many groups. */
export async function listUnlaidDimensions(client: pg.ClientBase, organizationId: string, day: Date, fewest: number): Promise<Dimension[]> {
  const found = await client.query<{ dimension: Dimension }>(
    `SELECT dimension FROM unnest($3::text[]) AS dimension
     WHERE NOT EXISTS (SELECT FROM usage_sheet s WHERE s.organization_id = $1 AND s.starts_at = $2 AND s.dimension = dimension.dimension)
       AND EXISTS (SELECT FROM usage_day d WHERE d.organization_id = $1 AND d.starts_at = $2 AND d.dimension = dimension.dimension
         OFFSET $4::integer - 1)`,
    [organizationId, day, dimensions, fewest],
  )
  return found.rows.map(({ dimension }) => dimension)
}

const sumOf = (name: SheetMeasure) => (name === 'cost' ? nanosMeasures.cost : countMeasures[name]).sums
const daySql = `SELECT value, paired, ${sheetMeasures.map(sumOf).join(', ')} FROM usage_day
  WHERE organization_id = $1 AND starts_at = $2 AND dimension = $3 AND calls > 0 ORDER BY value, paired`

/** The groups of a day that have any calls. */
export async function readDayGroups(client: pg.ClientBase, organizationId: string, day: Date, dimension: Dimension): Promise<DayGroup[]> {
  const found = await client.query<[string, string, ...string[]]>({
    text: daySql,
    values: [organizationId, day, dimension],
    rowMode: 'array',
  })
  return found.rows.map(([value, paired, ...sums]) => ({ value, paired, sums: sums.map(Number) }))
}

export async function insertSheet(
  client: pg.ClientBase,
  organizationId: string,
  day: Date,
  dimension: Dimension,
  { groups, hashes, sums, value, paired }: Sheet,
): Promise<void> {
  const values = [organizationId, day, dimension, groups, hashes, ...sums, value, paired]
  await client.query(
    `INSERT INTO usage_sheet (organization_id, starts_at, dimension, ${columns.join(', ')}) VALUES (${values.map((_, at) => `$${at + 1}`).join(', ')})`,
    values,
  )
}

/** Days up to this one have their sheets, as far as they can have any. */
export async function markLaidOut(client: pg.ClientBase, organizationId: string, day: Date): Promise<void> {
  await client.query(`UPDATE usage_calendar SET laid_out_before = $2::timestamptz + interval '1 second' WHERE organization_id = $1`, [
    organizationId,
    day,
  ])
}

/** Nothing is left to lay out before the present day. */
export async function markAllLaidOut(client: pg.ClientBase, organizationId: string, now: Date): Promise<void> {
  await client.query(
    `UPDATE usage_calendar SET laid_out_before = date_trunc('day', $2::timestamptz - ${settled}, time_zone) WHERE organization_id = $1`,
    [organizationId, now],
  )
}

/** What was laid out of days that change. They are laid out anew. */
export async function dropSheets(client: pg.ClientBase, organizationId: string, days: readonly Date[]): Promise<void> {
  await client.query({
    name: 'drop-sheets',
    text: `WITH dropped AS (DELETE FROM usage_sheet WHERE organization_id = $1 AND starts_at = ANY($2::timestamptz[]))
      UPDATE usage_calendar SET laid_out_before = (SELECT min(day) FROM unnest($2::timestamptz[]) AS day)
      WHERE organization_id = $1 AND laid_out_before > (SELECT min(day) FROM unnest($2::timestamptz[]) AS day)`,
    values: [organizationId, days],
  })
}

/** The same of all days that begin in a time. */
export async function dropSheetsBetween(
  client: pg.ClientBase,
  organizationId: string,
  from: Date | '-infinity',
  to: Date | 'infinity',
): Promise<void> {
  await client.query(
    `WITH dropped AS (DELETE FROM usage_sheet WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3)
     UPDATE usage_calendar SET laid_out_before = least(laid_out_before, $2) WHERE organization_id = $1`,
    [organizationId, from, to],
  )
}

/** The sheets of a day as they stand. */
export async function readSheetsOfDay(client: pg.ClientBase, organizationId: string, day: Date): Promise<[Dimension, Sheet][]> {
  const found = await client.query<{ dimension: Dimension; sums: string[] } & Omit<Sheet, 'sums'>>(
    `SELECT dimension, groups, hashes, ARRAY[${Object.values(sheetColumns).join(', ')}] AS sums, value, paired
     FROM usage_sheet WHERE organization_id = $1 AND starts_at = $2 ORDER BY dimension`,
    [organizationId, day],
  )
  return found.rows.map(({ dimension, ...sheet }) => [dimension, sheet])
}
