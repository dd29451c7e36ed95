import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { toReport } from '../../../test/usage'
import { listPartitions } from '../../platform/postgres/partitions'
import { inTenantSql } from '../../platform/tenancy'
import { recountUsage } from './recount/service'
import { dropExpiredUsage } from './retention'
import { recordUsage } from './service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_USAGE_RETENTION_DAYS: '40' })
})
afterAll(() => harness.close())

const dayMs = 86_400_000
const today = Math.floor(Date.now() / dayMs) * dayMs

/** The same service, some days from now. */
const daysOn = (days: number) => ({
  ...harness.deps,
  clock: { ...harness.deps.clock, now: () => new Date(today + days * dayMs + dayMs - 1) },
})

const count = (organizationId: string, table: string) =>
  inTenantSql(harness.deps.db.appPool, organizationId, async (client) => {
    const found = await client.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table}`)
    return found.rows[0]?.count
  })

test('events, quarters and hours go once they are past their retention, identities once they can come no more, sums of days and months never', async () => {
  const organizationId = await harness.createTenant()
  await recordUsage(harness.deps, organizationId, [toReport(), toReport({ occurredAt: new Date(today - 20 * dayMs) })])
  const counts = () =>
    Promise.all(
      ['usage_identity', 'usage_event', 'usage_quarter', 'usage_hour', 'usage_day', 'usage_month'].map((table) =>
        count(organizationId, table),
      ),
    )
  const recount = (days: number) => recountUsage(daysOn(days), { organizationIds: [organizationId], repairs: true }, () => undefined)
  const [, , quarters = 0, hours, days, months] = await counts()
  await dropExpiredUsage(daysOn(11))
  expect(await counts()).toEqual([2, 2, quarters, hours, days, months])
  await dropExpiredUsage(daysOn(12))
  expect(await counts()).toEqual([1, 2, quarters, hours, days, months])
  await dropExpiredUsage(daysOn(20))
  expect(await counts()).toEqual([1, 2, quarters, hours, days, months])
  expect(await recount(20)).toEqual({ days: 2, differences: 0, repaired: 0 })
  await dropExpiredUsage(daysOn(21))
  expect(await counts()).toEqual([1, 1, quarters / 2, quarters / 2, days, months])
  expect(await recount(21)).toEqual({ days: 1, differences: 0, repaired: 0 })
  expect(await counts()).toEqual([1, 1, quarters / 2, quarters / 2, days, months])
})

test('a day that somebody reads stays until the next night, and whoever writes meanwhile is not kept waiting', async () => {
  const organizationId = await harness.createTenant()
  await recordUsage(harness.deps, organizationId, [toReport()])
  const before = await listPartitions(harness.deps.db.ownerPool, 'usage_event')
  await inTenantSql(harness.deps.db.systemPool, organizationId, async (client) => {
    await client.query('SELECT FROM usage_event')
    const [, written] = await Promise.all([dropExpiredUsage(daysOn(41)), recordUsage(harness.deps, organizationId, [toReport()])])
    expect(written).toMatchObject([{ isNew: true }])
  })
  expect(await listPartitions(harness.deps.db.ownerPool, 'usage_event')).toEqual(before)
})
