import type { Superuser } from '../support/service'

export async function countLedger(postgres: Superuser): Promise<{ events: number; calls: number }> {
  const { rows } = await postgres.query<{ events: number; calls: number }>(
    `SELECT (SELECT count(*) FROM usage_event)::float8 AS events,
       (SELECT coalesce(sum(calls), 0) FROM usage_day WHERE dimension = 'total')::float8 AS calls`,
  )
  return rows[0] ?? { events: 0, calls: 0 }
}
