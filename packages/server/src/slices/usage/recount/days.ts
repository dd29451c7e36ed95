import type pg from 'pg'
import type { CountedDay, CountedMonth } from './day-rows'

export interface DayRange {
  /** Nothing before is whole any more. */
  retainedFrom: Date
  now: Date
  /** Local days, both inclusive; without them every day that is whole. */
  from?: string | undefined
  to?: string | undefined
}

/** A day, and the month that it is of. */
export interface LocalDay extends CountedDay {
  month: CountedMonth
}

/** Local days of an organization of which the ledger or the sums hold anything. */
export async function listCountedDays(client: pg.ClientBase, organizationId: string, range: DayRange): Promise<LocalDay[]> {
  const found = await client.query<{ start: Date; end: Date; monthStart: Date; monthEnd: Date }>(
    `WITH calendar AS (
       SELECT coalesce((SELECT time_zone FROM usage_calendar WHERE organization_id = $1), 'UTC') AS zone,
         greatest($2::timestamptz, (SELECT since FROM usage_calendar WHERE organization_id = $1)) AS since
     ), day AS (
       SELECT date AT TIME ZONE zone AS start, (date + interval '1 day') AT TIME ZONE zone AS "end", since,
         date_trunc('month', date) AT TIME ZONE zone AS "monthStart", (date_trunc('month', date) + interval '1 month') AT TIME ZONE zone AS "monthEnd"
       FROM calendar, generate_series(greatest($4::timestamp, date_trunc('day', since AT TIME ZONE zone)),
         least($5::timestamp, $3::timestamptz AT TIME ZONE zone), interval '1 day') AS date
     )
     SELECT start, "end", "monthStart", "monthEnd" FROM day WHERE start >= since AND (
       EXISTS (SELECT FROM usage_event WHERE organization_id = $1 AND occurred_at >= start AND occurred_at < "end")
       OR EXISTS (SELECT FROM usage_quarter WHERE organization_id = $1 AND dimension = 'total' AND starts_at >= start AND starts_at < "end")
       OR EXISTS (SELECT FROM usage_day WHERE organization_id = $1 AND dimension = 'total' AND starts_at >= start AND starts_at < "end"))
     ORDER BY start`,
    [organizationId, range.retainedFrom, range.now, range.from ?? null, range.to ?? null],
  )
  return found.rows.map(({ start, end, monthStart, monthEnd }) => ({
    start,
    from: start,
    to: end,
    month: { start: monthStart, end: monthEnd },
  }))
}
