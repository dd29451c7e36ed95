import type { Delta, Place } from './deltas'
import { addSums, createSums, type Sums } from './sums'

/** The tables of sums, and the column in which a statement is told when a row of each begins. */
export const grainTables = { month: 'usage_month', day: 'usage_day', hour: 'usage_hour', quarter: 'usage_quarter' } as const
export type Grain = keyof typeof grainTables

/** What is added to one row of each grain that it names, by when that row begins. */
export interface GrainRow {
  of: Place
  starts: Partial<Record<Grain, number>>
  sums: Sums
}

const hourMs = 3_600_000
const toHour = (quarter: number) => Math.floor(quarter / hourMs) * hourMs

/**
 * A row that is all of what a coarser grain gets stands for both: of a batch of now, one row for four grains. An hour of UTC may lie
 * in two days.
 */
export const toGrainRows = (deltas: readonly Delta[]): GrainRow[] =>
  [...Map.groupBy(deltas, ({ place }) => place)].flatMap(([place, days]) => toRowsOfPlace(place, days))

interface Part {
  row: GrainRow
  of: Delta
}

function toRowsOfPlace(place: Place, days: readonly Delta[]): GrainRow[] {
  const quarters = days.flatMap((of) =>
    of.quarters.map(({ quarter, sums }): Part => ({ row: { of: place, starts: { quarter }, sums }, of })),
  )
  const rows = quarters.map(({ row }) => row)
  joinParts(quarters, 'hour', ({ row }) => toHour(row.starts.quarter ?? 0), rows)
  joinParts(
    joinParts(quarters, 'day', ({ of }) => of.day, rows),
    'month',
    ({ of }) => of.month,
    rows,
  )
  return rows
}

/** Rows of a coarser grain; those that had to be made are added to `rows`. */
function joinParts(parts: readonly Part[], grain: Grain, startOf: (part: Part) => number, rows: GrainRow[]): Part[] {
  const [only] = parts
  const groups = parts.length === 1 && only ? [[startOf(only), parts] as const] : Map.groupBy(parts, startOf)
  return [...groups].flatMap(([start, some]) => {
    const [first, second] = some
    if (!first) return []
    const row = second ? { of: first.row.of, starts: {}, sums: createSums() } : first.row
    if (second) {
      for (const { row: part } of some) addSums(row.sums, part.sums)
      rows.push(row)
    }
    row.starts[grain] = start
    return [{ row, of: first.of }]
  })
}
