import type { UsageProjection } from '@keylease/shared/contracts/usage'
import { type DayLeft, projectMonth, type SpentDay } from '@keylease/shared/insights/projection'
import type pg from 'pg'
import type { Period } from './period'
import type { Plan } from './plan'
import { readSums } from './sum-rows'

/** Four weeks hold seven weekend days and more. */
const rememberedDays = 28
const cost = { counts: ['calls'], nanos: ['cost'], hasVector: false } as const

/** What the present month will cost; null below three days of data. */
export async function readProjection(
  client: pg.ClientBase,
  plan: Plan,
  { today, tomorrow, nextMonth, timeZone }: Pick<Period, 'today' | 'tomorrow' | 'nextMonth' | 'timeZone'>,
  now: Date,
  spentNanos: bigint,
): Promise<UsageProjection | null> {
  const { rows } = await client.query<{ at: Date; ends: Date; isWeekend: boolean }>(
    `SELECT day AT TIME ZONE $3 AS at, (day + interval '1 day') AT TIME ZONE $3 AS ends, extract(isodow FROM day) > 5 AS "isWeekend"
     FROM generate_series(($1::timestamptz AT TIME ZONE $3) - $4::integer * interval '1 day', ($2::timestamptz AT TIME ZONE $3) - interval '1 day', '1 day') AS day`,
    [today, nextMonth, timeZone, rememberedDays],
  )
  const past = rows.filter(({ at }) => at < today)
  const [first] = past
  if (!first) return null
  const of = plan.rollups === null ? 'event' : 'day'
  const known = await readSums(client, { ...plan, segments: [{ of, from: first.at, to: today }] }, cost, { granularity: 'day' })
  const nanosAt = new Map(known.map(({ at, sums }) => [at?.getTime(), sums.nanos.cost]))
  const days = past.map(({ at, isWeekend }): SpentDay => ({ isWeekend, nanos: nanosAt.get(at.getTime()) ?? 0n }))
  const firstUsed = past.findIndex(({ at }) => nanosAt.has(at.getTime()))
  const left = rows
    .filter(({ at }) => at >= today)
    .map(({ at, ends, isWeekend }): DayLeft => ({ isWeekend, thousandths: at < tomorrow ? leftOf(at, ends, now) : 1_000 }))
  const projection = firstUsed < 0 ? null : projectMonth(spentNanos, days.slice(firstUsed), left)
  return (
    projection && {
      costNanos: projection.nanos.toString(),
      basis: projection.basis.map(({ kind, days: count, medianNanos, thousandths }) => ({
        kind,
        days: count,
        medianNanos: medianNanos.toString(),
        daysLeft: thousandths / 1_000,
      })),
    }
  )
}

const leftOf = (at: Date, ends: Date, now: Date) => Math.round((1_000 * (ends.getTime() - now.getTime())) / (ends.getTime() - at.getTime()))
