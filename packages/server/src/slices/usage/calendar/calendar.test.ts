import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { toReport } from '../../../../test/usage'
import { inTenantSql } from '../../../platform/tenancy'
import { recountUsage, type SumDifference } from '../recount/service'
import { maximumValues, otherValue } from '../rollups/dimensions'
import { recordUsage } from '../service'
import { moveCalendars } from './service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const [hourMs, dayMs] = [3_600_000, 86_400_000]
/** Noon in UTC, so that hours around it are of days that differ by zone. */
const noon = Math.floor(Date.now() / dayMs) * dayMs - 2 * dayMs + 12 * hourMs

async function prepare() {
  const organizationId = await harness.createTenant()
  const query = async <Row extends object>(sql: string, values: unknown[] = []) =>
    (await inTenantSql(harness.deps.db.systemPool, organizationId, (client) => client.query<Row>(sql, values))).rows
  return {
    organizationId,
    record: (...hours: number[]) =>
      recordUsage(
        harness.deps,
        organizationId,
        hours.map((hour) => toReport({ occurredAt: new Date(noon + hour * hourMs), tags: ['a'] })),
      ),
    move: async (zone: string) => {
      await query('UPDATE organization SET time_zone = $1 WHERE id = $2', [zone, organizationId])
      await moveCalendars(harness.deps)
    },
    totals: () =>
      query<{ start: string; calls: number }>(
        `SELECT to_char(starts_at AT TIME ZONE 'UTC', 'DD HH24:MI') AS start, calls::integer FROM usage_day WHERE dimension = 'total' AND calls <> 0 ORDER BY starts_at`,
      ),
    months: () =>
      query<{ start: string; calls: number }>(
        `SELECT to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS start, calls::integer FROM usage_month WHERE dimension = 'total' AND calls <> 0 ORDER BY starts_at`,
      ),
    query,
    recount: async () => {
      const found: SumDifference[] = []
      await recountUsage(harness.deps, { organizationIds: [organizationId], repairs: false }, (_, one) => void found.push(one))
      return found
    },
  }
}

const dayOf = (offset: number) => new Date(noon + offset * dayMs).toISOString().slice(8, 10)

test('days begin in the new zone, what comes later does too, and every call stays counted once', async () => {
  const { record, move, totals, recount } = await prepare()
  await record(-20, -1, 1, 11.5, 13)
  expect(await totals()).toMatchObject([{ calls: 1 }, { calls: 3 }, { calls: 1 }])
  await move('Asia/Kathmandu')
  await record(6, 6.5)
  expect(await totals()).toEqual([
    { start: `${dayOf(-2)} 18:15`, calls: 1 },
    { start: `${dayOf(-1)} 18:15`, calls: 3 },
    { start: `${dayOf(0)} 18:15`, calls: 3 },
  ])
  expect(await recount()).toEqual([])
})

test('a change and its way back leave the sums as they were', async () => {
  const { record, move, totals, recount } = await prepare()
  await record(-14, -1, 1, 11.5, 13, 30)
  const before = await totals()
  for (const zone of ['America/New_York', 'Europe/Berlin', 'Pacific/Kiritimati', 'UTC']) {
    await move(zone)
    expect((await totals()).reduce((sum, { calls }) => sum + calls, 0)).toBe(6)
    expect(await recount()).toEqual([])
  }
  expect(await totals()).toEqual(before)
})

test('a value that one day named and the next had folded is named in the day that has both', async () => {
  const { organizationId, move, query, recount } = await prepare()
  const call = (tag: string, hour: number) => toReport({ tags: [tag], occurredAt: new Date(noon + hour * hourMs) })
  await recordUsage(harness.deps, organizationId, [call('both', 11)])
  await recordUsage(
    harness.deps,
    organizationId,
    Array.from({ length: maximumValues }, (_, i) => call(`tag-${i}`, 13)),
  )
  await recordUsage(harness.deps, organizationId, [call('both', 13), call('rest', 13)])
  const tags = () =>
    query(
      `SELECT value, sum(calls)::integer AS calls FROM usage_day WHERE value IN ('both', 'rest', '${otherValue}') GROUP BY value ORDER BY 1`,
    )
  expect(await tags()).toEqual([
    { value: otherValue, calls: 2 },
    { value: 'both', calls: 1 },
  ])
  await move('Europe/Berlin')
  expect(await tags()).toEqual([
    { value: otherValue, calls: 1 },
    { value: 'both', calls: 2 },
  ])
  expect(await recount()).toEqual([])
})

test('days that lost their quarters stay as they were', async () => {
  const { record, move, query, totals } = await prepare()
  await record(1)
  await query(
    `INSERT INTO usage_day SELECT (r).* FROM (SELECT jsonb_populate_record(d, '{"starts_at": "2026-01-05T00:00:00Z"}') AS r FROM usage_day d) AS old`,
  )
  await move('Asia/Tokyo')
  expect(await totals()).toMatchObject([{ start: '05 00:00', calls: 1 }, { calls: 1 }])
})

test('months follow the zone with all their days, those that lost their quarters too', async () => {
  const { record, move, query, months, recount } = await prepare()
  await record(1)
  for (const start of ['2025-12-31T23:00:00Z', '2026-01-01T00:00:00Z', '2026-01-30T23:30:00Z'])
    await query(
      `INSERT INTO usage_day SELECT (r).* FROM (SELECT jsonb_populate_record(d, jsonb_build_object('starts_at', $1::text)) AS r FROM usage_day d
         WHERE starts_at > '2026-06-01') AS old`,
      [start],
    )
  await move('Europe/Berlin')
  expect((await months()).slice(0, 1)).toEqual([{ start: '2025-12-31 23:00', calls: 3 }])
  expect((await months()).map(({ calls }) => calls)).toEqual([3, 1])
  await move('UTC')
  expect((await months()).slice(0, 2)).toEqual([
    { start: '2025-12-01 00:00', calls: 1 },
    { start: '2026-01-01 00:00', calls: 2 },
  ])
  await record(2)
  expect(await recount()).toEqual([])
})

test('a zone that Postgres does not know counts in UTC', async () => {
  const { record, move, totals, recount } = await prepare()
  await record(1)
  await move('+05:30')
  expect(await totals()).toEqual([{ start: `${dayOf(0)} 00:00`, calls: 1 }])
  expect(await recount()).toEqual([])
})
