import type { Granularity } from '@keylease/shared/contracts/usage-timeseries'
import type pg from 'pg'
import { AppError } from '../../../platform/errors'
import type { Plan } from './plan'

const maximumPoints = 2_000
const hourMs = 3_600_000
/** How long a point is at most. */
const lengthsMs: Record<Granularity, number> = {
  quarter: hourMs / 4,
  hour: hourMs,
  day: 25 * hourMs,
  week: 169 * hourMs,
  month: 745 * hourMs,
}

/** Hours and quarters go on through a change of the clock; days, weeks and months follow it. */
const pointsSql = (granularity: Granularity) =>
  granularity === 'quarter' || granularity === 'hour'
    ? `SELECT DISTINCT ${granularity === 'hour' ? `date_trunc('hour', at, $3)` : 'at'} AS at
       FROM generate_series(date_bin('15 minutes', $1::timestamptz, '2000-01-01Z'), $2::timestamptz - interval '1 microsecond', '15 minutes') AS at
       WHERE $3::text IS NOT NULL ORDER BY 1`
    : `SELECT at AT TIME ZONE $3 AS at
       FROM generate_series(date_trunc('${granularity}', $1::timestamptz AT TIME ZONE $3), ($2::timestamptz AT TIME ZONE $3) - interval '1 microsecond',
         '1 ${granularity}') AS at`

/** When the points of an answer begin, those without calls too. */
export async function listPoints(
  client: pg.ClientBase,
  { from, to, timeZone }: Pick<Plan, 'from' | 'to' | 'timeZone'>,
  granularity: Granularity,
  series: number,
): Promise<Date[]> {
  const fewest = Math.floor((to.getTime() - from.getTime()) / lengthsMs[granularity])
  if (fewest * series > maximumPoints) throw refusePoints(fewest, series)
  const found = await client.query<{ at: Date }>(pointsSql(granularity), [from, to, timeZone])
  if (found.rows.length * series > maximumPoints) throw refusePoints(found.rows.length, series)
  return found.rows.map(({ at }) => at)
}

const refusePoints = (points: number, series: number) =>
  new AppError('range_too_wide', {
    message: `That is ${points} points in ${series} series, and ${maximumPoints} points are the most: take a shorter range, a longer granularity or a lower limit.`,
  })
