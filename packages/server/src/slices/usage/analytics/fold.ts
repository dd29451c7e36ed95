import type pg from 'pg'
import { maximumValues, otherValue } from '../rollups/dimensions'
import type { Plan } from './plan'

/** What an answer says where a day had more values than it names; null where none had. */
export async function readNote(client: pg.ClientBase, plan: Plan): Promise<string | null> {
  const { rollups, organizationId, segments } = plan
  const [first, last] = [segments[0], segments.at(-1)]
  if (rollups === null || rollups.dimension === 'total' || !first || !last) return null
  const found = await client.query<{ isFolded: boolean }>(
    `SELECT EXISTS (SELECT FROM usage_day WHERE organization_id = $1 AND dimension = $2 AND value = $3
       AND starts_at > $4::timestamptz - interval '25 hours' AND starts_at < $5) AS "isFolded"`,
    [organizationId, rollups.dimension, otherValue, first.from, last.to],
  )
  if (!found.rows[0]?.isFolded) return null
  const name = rollups.dimension.replace('_', ' and ')
  return `Some days have more than ${maximumValues.toLocaleString('en-US')} values of ${name}: what goes beyond is one row, and is missing where one value is asked for.`
}
