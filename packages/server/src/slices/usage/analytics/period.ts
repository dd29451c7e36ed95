import type pg from 'pg'

/** A range with what the calendar of the organization says about it: its days and months begin in its time zone. */
export interface Period {
  timeZone: string
  from: Date
  to: Date
  /** Whether its hours begin with those of UTC. */
  hasWholeHours: boolean
  /** The day that `from` lies in, and the one after. */
  fromDay: Date
  fromNextDay: Date
  toDay: Date
  toNextDay: Date
  fromMonth: Date
  fromNextMonth: Date
  fromLastMonth: Date
  toMonth: Date
  toNextMonth: Date
  /** The present month, and how much of today is left, in thousandths. */
  thisMonth: Date
  nextMonth: Date
  today: Date
  tomorrow: Date
}

const day = (at: string, more = '0 days') => `((date_trunc('day', ${at} AT TIME ZONE zone) + interval '${more}') AT TIME ZONE zone)`
const month = (at: string, more = '0 months') => `((date_trunc('month', ${at} AT TIME ZONE zone) + interval '${more}') AT TIME ZONE zone)`
const isWholeHour = (at: string) => `date_trunc('hour', ${at}, zone) = date_trunc('hour', ${at}, 'UTC')`

const periodSql = `
  SELECT zone AS "timeZone", f AS "from", t AS "to", ${day('f')} AS "fromDay", ${day('f', '1 day')} AS "fromNextDay",
    ${day('t')} AS "toDay", ${day('t', '1 day')} AS "toNextDay", ${month('f')} AS "fromMonth",
    ${month('f', '1 month')} AS "fromNextMonth", ${month('f', '-1 month')} AS "fromLastMonth",
    ${month('t')} AS "toMonth", ${month('t', '1 month')} AS "toNextMonth", ${isWholeHour('f')} AND ${isWholeHour('t')} AS "hasWholeHours",
    ${month('n')} AS "thisMonth", ${month('n', '1 month')} AS "nextMonth", ${day('n')} AS today, ${day('n', '1 day')} AS tomorrow
  FROM (
    SELECT coalesce(c.time_zone, CASE WHEN o.time_zone ~ '^[A-Za-z]' THEN o.time_zone ELSE 'UTC' END) AS zone
    FROM organization o LEFT JOIN usage_calendar c ON c.organization_id = o.id WHERE o.id = $1) AS calendar
  CROSS JOIN LATERAL (SELECT $4::timestamptz AS n, coalesce($3::timestamptz, greatest($4::timestamptz, $2::timestamptz)) AS t) AS ending
  CROSS JOIN LATERAL (SELECT coalesce($2::timestamptz, ${month(`(t - interval '1 microsecond')`)}) AS f) AS beginning`

/** Without a beginning it begins with the month it ends in, without an end it ends now. */
export async function readPeriod(
  client: pg.ClientBase,
  organizationId: string,
  range: { from?: string | Date | undefined; to?: string | Date | undefined },
  now: Date,
): Promise<Period> {
  const found = await client.query<Period>({
    name: 'read-usage-period',
    text: periodSql,
    values: [organizationId, range.from ?? null, range.to ?? null, now],
  })
  const [period] = found.rows
  if (!period) throw new Error('the organization of a credential is gone')
  return period
}

const dayMs = 86_400_000
const quarterMs = 900_000
/** No time that can be written down lies before it. */
const firstMoment = Date.parse('0001-01-01T00:00:00.000Z')

/** What comes before it: of a whole month the month before, else as long a time. */
export function findPrevious({ from, to, fromMonth, fromNextMonth, fromLastMonth }: Period): { from: Date; to: Date } {
  const isWholeMonth = from.getTime() === fromMonth.getTime() && to.getTime() === fromNextMonth.getTime()
  return { from: isWholeMonth ? fromLastMonth : findEqualStart(from.getTime(), to.getTime()), to: from }
}

/** Of more than a day it begins with a quarter hour, up to one earlier: the sums answer it, and no single call is read. */
function findEqualStart(from: number, to: number): Date {
  const start = 2 * from - to
  return new Date(Math.max(to - from > dayMs ? Math.floor(start / quarterMs) * quarterMs : start, firstMoment))
}

/** From the first moment of the present month to now or later. */
export const isPresentMonth = ({ from, to, thisMonth, nextMonth }: Period, now: Date) =>
  from.getTime() === thisMonth.getTime() && to >= now && to <= nextMonth
