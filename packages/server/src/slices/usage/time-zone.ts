import type pg from 'pg'

/** When the present month began in the time zone of the organization. */
export async function startOfMonth(client: pg.ClientBase, organizationId: string, now: Date): Promise<Date> {
  const found = await client.query<{ start: Date }>(
    `SELECT date_trunc('month', $2::timestamptz, time_zone) AS start FROM organization WHERE id = $1`,
    [organizationId, now],
  )
  return found.rows[0]?.start ?? now
}
