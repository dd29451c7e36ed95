import type pg from 'pg'
import type { CountedDay } from './day-rows'

export interface DayRange {
  /** Nothing before is whole any more. */
  retainedFrom: Date
  now: Date
  /** Local days, both inclusive; without them every day that is whole. */
  from?: string | undefined
  to?: string | undefined
}

/** Local days of an organization of which the ledger or the sums hold anything. */
export async function listCountedDays(client: pg.ClientBase, organizationId: string, range: DayRange): Promise<CountedDay[]> {
  const found = await client.query<{ start: Date; end: Date }>(
    `WITH calendar AS (
       SELECT coalesce((SELECT time_zone FROM usage_calendar WHERE organization_id = $1), 'UTC') AS zone,
         greatest($2::timestamptz, (SELECT since FROM usage_calendar WHERE organization_id = $1)) AS since
     ), day AS (
       SELECT date AT TIME ZONE zone AS start, (date + interval '1 day') AT TIME ZONE zone AS "end", since
       FROM calendar, generate_series(greatest($4::timestamp, date_trunc('day', since AT TIME ZONE zone)),
         least($5::timestamp, $3::timestamptz AT TIME ZONE zone), interval '1 day') AS date
     )
     SELECT start, "end" FROM day WHERE start >= since AND (
       EXISTS (SELECT FROM usage_event WHERE organization_id = $1 AND occurred_at >= start AND occurred_at < "end")
       OR EXISTS (SELECT FROM usage_quarter WHERE organization_id = $1 AND dimension = 'total' AND starts_at >= start AND starts_at < "end")
       OR EXISTS (SELECT FROM usage_day WHERE organization_id = $1 AND dimension = 'total' AND starts_at >= start AND starts_at < "end"))
     ORDER BY start`,
    [organizationId, range.retainedFrom, range.now, range.from ?? null, range.to ?? null],
  )
  return found.rows.map(({ start, end }) => ({ start, from: start, to: end }))
}
