import type pg from 'pg'
import { selectArrays, toBinaryArrays } from '../../../platform/postgres/binary-array'
import { dropSheets } from '../sheets/sheet-rows'
import { sketchColumns, sumColumns } from './columns'
import { deltaColumns, grains, placeColumns, placeNames } from './delta-columns'
import type { Delta, LocalStarts } from './deltas'
import { otherValue } from './dimensions'
import { grainTables, toGrainRows } from './grains'
import { isNothing } from './sums'

/** From here to the end of the transaction the sums of the organization are this one's. In which zone its days begin. */
export async function lockRollups(client: pg.ClientBase, organizationId: string): Promise<string> {
  const found = await client.query<{ timeZone: string | null }>({
    name: 'lock-rollups',
    text: `SELECT (SELECT time_zone FROM usage_calendar WHERE organization_id = $1) AS "timeZone",
      pg_advisory_xact_lock(hashtextextended('keylease rollups ' || $1, 0))`,
    values: [organizationId],
  })
  return found.rows[0]?.timeZone ?? startCalendar(client, organizationId)
}

/** A zone that this Postgres does not know counts in UTC. */
async function startCalendar(client: pg.ClientBase, organizationId: string): Promise<string> {
  const made = await client.query<{ timeZone: string }>(
    `INSERT INTO usage_calendar (organization_id, time_zone)
     SELECT id, coalesce((SELECT z.name FROM pg_timezone_names z WHERE lower(z.name) = lower(o.time_zone)), 'UTC') FROM organization o WHERE id = $1
     ON CONFLICT (organization_id) DO UPDATE SET time_zone = usage_calendar.time_zone RETURNING time_zone AS "timeZone"`,
    [organizationId],
  )
  const [row] = made.rows
  if (!row) throw new Error('sums of an organization that does not exist')
  return row.timeZone
}

/** When day and month of each quarter begin, in a zone. */
export async function readLocalStarts(
  client: pg.ClientBase,
  timeZone: string,
  quarters: readonly number[],
): Promise<[quarter: number, starts: LocalStarts][]> {
  const found = await client.query<{ quarter: Date; day: Date; month: Date }>(
    `SELECT quarter, date_trunc('day', quarter, $1) AS day, date_trunc('month', quarter, $1) AS month FROM unnest($2::timestamptz[]) AS quarter`,
    [timeZone, quarters.map((quarter) => new Date(quarter))],
  )
  return found.rows.map(({ quarter, day, month }) => [quarter.getTime(), { day: day.getTime(), month: month.getTime() }])
}

/**
 * Places of the values that their day has no room for: each that it does not name yet, once it names as many as it may. A subquery
 * for one row is looked up by its key, and each day is counted once, whatever old statistics say.
 */
const foldSql = `
  WITH fresh AS MATERIALIZED (
    SELECT k.* FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[]) WITH ORDINALITY AS k(dimension, starts_at, value, paired, place)
    WHERE (SELECT 1 FROM usage_day d WHERE d.organization_id = $1 AND d.dimension = k.dimension
      AND d.starts_at = k.starts_at AND d.value = k.value AND d.paired = k.paired) IS NULL
  ), named AS MATERIALIZED (
    SELECT dimension, starts_at, (SELECT count(*) FROM usage_day d WHERE d.organization_id = $1 AND d.dimension = f.dimension
      AND d.starts_at = f.starts_at AND d.value <> '${otherValue}' AND (d.value, d.paired) <> ('', '')) AS total
    FROM (SELECT DISTINCT dimension, starts_at FROM fresh) AS f
  )
  SELECT place::integer - 1 AS place FROM (
    SELECT f.place, n.total + row_number() OVER (PARTITION BY dimension, starts_at ORDER BY value, paired) AS rank
    FROM fresh f JOIN named n USING (dimension, starts_at)) AS ranked
  WHERE rank > $6`

/** Those among the deltas whose value the day does not name. Read under the lock: replicas agree, and what is decided stays. */
export async function findFolded(
  client: pg.ClientBase,
  organizationId: string,
  deltas: readonly Delta[],
  maximumValues: number,
): Promise<Set<Delta>> {
  const asked = deltas.filter(({ place: { value, paired } }) => value !== '' || paired !== '')
  if (asked.length === 0) return new Set()
  const found = await client.query<{ place: number }>({
    name: 'find-folded-values',
    text: foldSql,
    values: [organizationId, ...toBinaryArrays(asked, placeColumns), maximumValues],
  })
  return new Set(found.rows.flatMap(({ place }) => asked[place] ?? []))
}

const keys = 'dimension, starts_at, value, paired'
const sums = [...sumColumns, ...sketchColumns]
const additions = sums.map((name) => `${name} = t.${name} + excluded.${name}`).join(', ')

const addTo = ([start, table]: [start: string, table: string]) => `
  INSERT INTO ${table} AS t (organization_id, ${keys}, ${sums.join(', ')})
  SELECT $1, dimension, ${start}, value, paired, ${sums.join(', ')} FROM delta WHERE ${start} IS NOT NULL ORDER BY dimension, ${start}, value, paired
  ON CONFLICT (organization_id, ${keys}) DO UPDATE SET ${additions}`

/** All grains in one statement, each in the order of its key. */
const addSql = `
  WITH delta AS MATERIALIZED (
    SELECT ${[...placeNames, ...grains, ...sums.map((name) => `coalesce(${name}, 0) AS ${name}`)].join(', ')}
    FROM ${selectArrays(2, [...placeNames, ...grains, ...sums], deltaColumns)} r
  ), ${Object.entries(grainTables)
    .map((grain) => `added_to_${grain[1]} AS (${addTo(grain)})`)
    .join(', ')}
  SELECT extract(epoch FROM greatest(c.laid_out_before, (SELECT max(s.starts_at) + interval '1 second' FROM usage_sheet s
    WHERE s.organization_id = $1)))::float8 * 1000 AS "laidOutBefore" FROM usage_calendar c WHERE c.organization_id = $1`

/** Days that were laid out are so no longer once they change. */
export async function addDeltas(client: pg.ClientBase, organizationId: string, deltas: readonly Delta[]): Promise<void> {
  const rows = toGrainRows(deltas).filter(({ sums }) => !isNothing(sums))
  if (rows.length === 0) return
  const values = [organizationId, ...toBinaryArrays(rows, deltaColumns)]
  const added = await client.query<{ laidOutBefore: number }>({ name: 'add-to-rollups', text: addSql, values })
  const laidOutBefore = added.rows[0]?.laidOutBefore ?? Number.POSITIVE_INFINITY
  const changed = [...new Set(deltas.map(({ day }) => day))].filter((day) => day < laidOutBefore).map((day) => new Date(day))
  if (changed.length > 0) await dropSheets(client, organizationId, changed)
}
