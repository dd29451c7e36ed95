import type { UsageBreakdown } from '@keylease/shared/contracts/usage-breakdown'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { testSize } from '../../../../test/size'
import { toReading, toReport } from '../../../../test/usage'
import { openUsage } from '../../../../test/usage-analytics'
import { inTenantSql } from '../../../platform/tenancy'
import { moveCalendars } from '../calendar/service'
import { recountUsage, type SumDifference } from '../recount/service'
import { recordUsage } from '../service'
import { layOutDays } from './service'

const now = new Date('2026-11-18T12:00:00.000Z')
let harness: Harness
beforeAll(async () => {
  harness = await createHarness({}, { now: () => now, monotonicMs: () => performance.now() })
})
afterAll(() => harness.close())

const groupsOfDay = 200
const tagged = (day: number, tag: string, nanos: bigint) =>
  toReport({
    occurredAt: new Date(`2026-11-${day}T09:00:00.000Z`),
    tags: [tag],
    reading: toReading({ inputUncached: 1 }, { reportedNanos: nanos }),
  })
const callsOf = (day: number, nanos = 5n) => Array.from({ length: groupsOfDay }, (_, n) => tagged(day, `tag-${n}`, nanos))

async function prepare() {
  const { organizationId, ask } = await openUsage(harness)
  const query = async <Row extends object>(sql: string) =>
    (await inTenantSql(harness.deps.db.systemPool, organizationId, (client) => client.query<Row>(sql))).rows
  return {
    organizationId,
    query,
    record: (...calls: Parameters<typeof recordUsage>[2]) => recordUsage(harness.deps, organizationId, calls),
    laidOut: async () =>
      (await query<{ day: number }>('SELECT extract(day FROM starts_at)::integer AS day FROM usage_sheet ORDER BY 1')).map(
        ({ day }) => day,
      ),
    first: async () => (await ask<UsageBreakdown>('breakdown', { groupBy: 'tag', limit: '1' })).body.items[0],
    recount: async (repairs: boolean) => {
      const found: SumDifference[] = []
      await recountUsage(harness.deps, { organizationIds: [organizationId], repairs }, (_, one) => void found.push(one))
      return found.map(({ grain, dimension, columns }) => [grain, dimension, ...columns])
    },
  }
}

test('a day is laid out once it is over, where it names many values, and not before', async () => {
  const { record, laidOut } = await prepare()
  await record(...callsOf(14), ...callsOf(16).slice(1), ...callsOf(18))
  await layOutDays(harness.deps)
  expect(await laidOut()).toEqual([14])
  // The value that counts among them for calls without any.
  await record(...callsOf(17), toReport({ ...tagged(16, '', 1n), tags: [] }))
  await layOutDays(harness.deps)
  expect(await laidOut()).toEqual([14, 16, 17])
})

test('a call that comes late is in the next answer, and its day is laid out anew', async () => {
  const { record, laidOut, first } = await prepare()
  await record(...callsOf(14), ...callsOf(15), ...callsOf(16))
  await layOutDays(harness.deps)
  await record(tagged(15, 'tag-7', 100n))
  expect(await laidOut()).toEqual([14, 16])
  expect(await first()).toMatchObject({ label: 'tag-7', costNanos: '115' })
  await record(tagged(16, 'tag-8', 200n), tagged(13, 'tag-9', 1n))
  expect(await laidOut()).toEqual([14])
  expect(await first()).toMatchObject({ label: 'tag-8', costNanos: '215' })
  await layOutDays(harness.deps)
  expect(await laidOut()).toEqual([14, 15, 16])
  expect(await first()).toMatchObject({ label: 'tag-8', costNanos: '215' })
})

test('a value that no longer counts is in no order of its day', async () => {
  const { record, query, laidOut, first } = await prepare()
  const [assumed, ...others] = callsOf(15)
  const toQuality = (quality: 'assumed' | 'exact', nanos: bigint) => ({
    ...toReading({ inputUncached: 1 }, { reportedNanos: nanos }),
    quality,
  })
  const identity = { kind: 'leased', leaseId: newId('lease'), sequence: 1 } as const
  const guess = { ...toReport(assumed), identity, reading: toQuality('assumed', 900n) }
  await record(guess, ...others)
  await layOutDays(harness.deps)
  expect(await first()).toMatchObject({ label: 'tag-0', costNanos: '900' })
  await record({ ...guess, reading: toQuality('exact', 1n) })
  expect(await laidOut()).toEqual([])
  expect(await first()).toMatchObject({ costNanos: '5' })
  expect(await query(`SELECT cost_nanos::text AS cost FROM usage_day WHERE value = 'tag-0'`)).toEqual([{ cost: '1' }])
})

test('a change of zone drops every sheet, and days of the new one are laid out', async () => {
  const { organizationId, record, query, laidOut, first } = await prepare()
  await record(...callsOf(14), ...callsOf(15), tagged(15, 'tag-7', 100n))
  await layOutDays(harness.deps)
  await query(`UPDATE organization SET time_zone = 'Asia/Tokyo' WHERE id = '${organizationId}'`)
  await moveCalendars(harness.deps)
  expect(await laidOut()).toEqual([])
  await layOutDays(harness.deps)
  expect(await laidOut()).toEqual([13, 14])
  expect(await first()).toMatchObject({ label: 'tag-7', costNanos: '110' })
})

test('a sheet that differs from the sums of its day is found by a recount, and dropped by a repair', async () => {
  const { record, query, laidOut, first, recount } = await prepare()
  await record(...callsOf(14), tagged(14, 'tag-3', 1n))
  await layOutDays(harness.deps)
  expect(await recount(false)).toEqual([])
  await query('UPDATE usage_sheet SET cost_nanos = calls')
  expect(await recount(false)).toEqual([['day', 'tag', 'is ranked otherwise than summed']])
  expect(await recount(true)).toEqual([['day', 'tag', 'is ranked otherwise than summed']])
  expect(await laidOut()).toEqual([])
  await layOutDays(harness.deps)
  expect(await recount(false)).toEqual([])
  expect(await first()).toMatchObject({ label: 'tag-3', costNanos: '6' })
})

test('days that are laid out while calls arrive hold all of them, and none of another tenant', async () => {
  const [one, other] = [await prepare(), await prepare()]
  await Promise.all([one.record(...callsOf(14), ...callsOf(15)), other.record(...callsOf(14, 7n))])
  for (let turn = 0; turn < testSize(5, 100); turn++) {
    const late = [14, 15, 16].map((day) => one.record(...callsOf(day, 1n)))
    await Promise.all([...late, layOutDays(harness.deps), other.record(tagged(14, 'tag-1', 1n)), layOutDays(harness.deps)])
    expect(await one.recount(false)).toEqual([])
    const turns = BigInt(turn + 1)
    expect(await one.first()).toMatchObject({ costNanos: String(10n + 3n * turns) })
    expect(await other.first()).toMatchObject({ label: 'tag-1', costNanos: String(7n + turns) })
  }
  await layOutDays(harness.deps)
  expect([await one.laidOut(), await other.laidOut()]).toEqual([[14, 15, 16], [14]])
  expect(await one.recount(false)).toEqual([])
})
