import type { Delta } from './deltas'
import { addSums, createSums, type Sums } from './sums'

/** The tables of sums, and the column in which a statement is told when a row of each begins. */
export const grainTables = { month: 'usage_month', day: 'usage_day', hour: 'usage_hour', quarter: 'usage_quarter' } as const
type Grain = keyof typeof grainTables

/** What is added to one row of each grain that it names. */
export interface GrainRow {
  of: Delta
  starts: Partial<Record<Grain, string>>
  sums: Sums
}

const hourMs = 3_600_000
const toHourStart = (quarter: string) => new Date(Math.floor(Date.parse(quarter) / hourMs) * hourMs).toISOString()

/**
 * A row that is all of what a coarser grain gets stands for both: of a batch of now, one row for four grains. An hour of UTC may lie
 * in two days.
 */
export function toGrainRows(deltas: readonly Delta[]): GrainRow[] {
  const rows = deltas.flatMap((of) => [...of.quarters].map(([quarter, sums]): GrainRow => ({ of, starts: { quarter }, sums })))
  const quarters = [...rows]
  joinRows(quarters, 'hour', ({ starts }) => toHourStart(starts.quarter ?? ''), rows)
  const days = joinRows(quarters, 'day', ({ of }) => of.dayStart, rows)
  joinRows(days, 'month', ({ of }) => of.monthStart, rows)
  return rows
}

/** Rows of a coarser grain; those that had to be made are added to `rows`. */
function joinRows(parts: readonly GrainRow[], grain: Grain, startOf: (part: GrainRow) => string, rows: GrainRow[]): GrainRow[] {
  const groups = Map.groupBy(parts, (part) => `${startOf(part)}\n${part.of.dimension}\n${part.of.value}\n${part.of.paired}`)
  return [...groups.values()].flatMap((some) => {
    const [first, second] = some
    if (!first) return []
    const row = second ? { of: first.of, starts: {}, sums: createSums() } : first
    const start = startOf(first)
    if (second) {
      for (const { sums } of some) addSums(row.sums, sums)
      rows.push(row)
    }
    row.starts[grain] = start
    return [row]
  })
}
