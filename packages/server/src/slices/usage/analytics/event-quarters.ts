import type pg from 'pg'
import { type CountName, countMeasures } from './measures'
import { createBinder, selectPart } from './parts'
import type { Plan } from './plan'
import type { Segment } from './segments'

const quarterMs = 15 * 60_000
const longestDayMs = 100 * quarterMs

/**
 * The latest quarter hours before a moment that hold, but for the one it cuts, at least so many of the calls that are meant. Sums
 * know them: the days of a value are few to look through, its quarters then too, and single calls are read in these alone.
 */
export async function listQuarters(
  client: pg.ClientBase,
  plan: Plan,
  { from, to }: { from: Date; to: Date },
  { by, calls }: { by: CountName; calls: number },
): Promise<Date[]> {
  const days = await listSums(client, plan, { of: 'day', from: new Date(from.getTime() - longestDayMs), to }, { by, limit: null })
  const [newest, oldest] = [days[0], days.at(-1)]
  if (!newest || !oldest) return []
  const first = new Date(Math.max(Math.floor(from.getTime() / quarterMs) * quarterMs, oldest.starts_at.getTime()))
  const last = new Date(Math.min(to.getTime(), newest.starts_at.getTime() + longestDayMs))
  const quarters = await listSums(client, plan, { of: 'quarter', from: first, to: last }, { by, limit: calls + 1 })
  let held = -(quarters[0]?.calls ?? 0)
  return quarters.flatMap((quarter) => {
    if (held >= calls) return []
    held += quarter.calls
    return [quarter.starts_at]
  })
}

async function listSums(client: pg.ClientBase, plan: Plan, segment: Segment, { by, limit }: { by: CountName; limit: number | null }) {
  const binder = createBinder()
  const counted = countMeasures[by].sums
  const part = selectPart(plan, segment, () => ['starts_at', `sum(${counted})::float8 AS calls`], {}, binder)
  const found = await client.query<{ starts_at: Date; calls: number }>(
    `${part} AND ${counted} > 0 GROUP BY starts_at ORDER BY starts_at DESC LIMIT ${binder.bind(limit)}::integer`,
    binder.values,
  )
  return found.rows
}
