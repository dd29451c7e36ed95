import type pg from 'pg'
import { type SheetMeasure, sheetColumns } from '../sheets/sheet'
import type { Plan } from './plan'
import type { Segment } from './segments'

/** A day of a range that holds any calls, and how many groups its sheet has; null where it has none. */
interface RangeDay {
  start: Date
  month: Date
  groups: number | null
}

export interface SheetDay {
  start: Date
  groups: number
}

/** The days of a dimension that are laid out, and what of the range has to be read otherwise. Whole days and months follow each other. */
export async function findSheets(client: pg.ClientBase, plan: Plan, dimension: string): Promise<{ sheets: SheetDay[]; left: Segment[] }> {
  const isWhole = ({ of }: Segment) => of === 'day' || of === 'month'
  const whole = plan.segments.filter(isWhole)
  const [first, last] = [whole[0], whole.at(-1)]
  if (!first || !last) return { sheets: [], left: [...plan.segments] }
  const { rows: days } = await client.query<RangeDay>({
    name: 'find-sheets',
    text: `SELECT d.starts_at AS start, date_trunc('month', d.starts_at, $5) AS month, s.groups
      FROM usage_day d LEFT JOIN usage_sheet s ON s.organization_id = $1 AND s.dimension = $2 AND s.starts_at = d.starts_at
      WHERE d.organization_id = $1 AND d.dimension = 'total' AND d.starts_at >= $3 AND d.starts_at < $4 ORDER BY d.starts_at`,
    values: [plan.organizationId, dimension, first.from, last.to, plan.timeZone],
  })
  return {
    sheets: days.flatMap(({ start, groups }) => (groups === null ? [] : [{ start, groups }])),
    left: [...plan.segments.filter((segment) => !isWhole(segment)), ...joinDays(days, whole)],
  }
}

/** Days without a sheet, one after the other. A month of which no day has one is read as a month, where the range holds it whole. */
function joinDays(days: readonly RangeDay[], whole: readonly Segment[]): Segment[] {
  const laidOut = new Set(days.flatMap(({ month, groups }) => (groups === null ? [] : [month.getTime()])))
  const months = whole.filter(({ of }) => of === 'month')
  const joined: Segment[] = []
  let goesOn = false
  for (const { start, month, groups } of days) {
    const before = goesOn ? joined.at(-1) : undefined
    goesOn = groups === null
    if (!goesOn) continue
    const isMonth = !laidOut.has(month.getTime()) && months.some(({ from, to }) => month >= from && month < to)
    const from = isMonth ? month : start
    const segment: Segment = { of: isMonth ? 'month' : 'day', from, to: new Date(from.getTime() + 1) }
    if (before?.of === segment.of) before.to = segment.to
    else joined.push(segment)
  }
  return joined
}

/** The hashes and measures of days, one array of texts for each. */
export async function readSheets(
  client: pg.ClientBase,
  organizationId: string,
  dimension: string,
  days: readonly Date[],
  measures: readonly SheetMeasure[],
): Promise<string[][]> {
  const found = await client.query<string[]>({
    text: `SELECT hashes, ${measures.map((name) => sheetColumns[name]).join(', ')} FROM usage_sheet
      WHERE organization_id = $1 AND dimension = $2 AND starts_at = ANY($3::timestamptz[]) ORDER BY starts_at`,
    values: [organizationId, dimension, days],
    rowMode: 'array',
  })
  return found.rows
}

/** What groups are called, by their day and the number that they have in its sheet. */
export async function readNames(
  client: pg.ClientBase,
  organizationId: string,
  dimension: string,
  places: readonly { start: Date; nth: number }[],
): Promise<{ value: string; paired: string }[]> {
  if (places.length === 0) return []
  const found = await client.query<{ value: string; paired: string }>(
    `SELECT s.value[w.nth], s.paired[w.nth] FROM unnest($3::timestamptz[], $4::integer[]) WITH ORDINALITY AS w(start, nth, at)
     JOIN usage_sheet s ON s.organization_id = $1 AND s.dimension = $2 AND s.starts_at = w.start ORDER BY w.at`,
    [organizationId, dimension, places.map(({ start }) => start), places.map(({ nth }) => nth + 1)],
  )
  return found.rows
}
