import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { toReading, toReport } from '../../../../test/usage'
import { inTenantSql } from '../../../platform/tenancy'
import type { UsageReport } from '../event'
import { recountUsage, type SumDifference } from '../recount/service'
import { recordUsage } from '../service'
import { maximumValues, otherValue } from './dimensions'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const record = (organizationId: string, ...reports: UsageReport[]) => recordUsage(harness.deps, organizationId, reports)

async function createTenant(timeZone = 'UTC'): Promise<string> {
  const organizationId = await harness.createTenant()
  await inTenantSql(harness.deps.db.systemPool, organizationId, (client) =>
    client.query('UPDATE organization SET time_zone = $2 WHERE id = $1', [organizationId, timeZone]),
  )
  return organizationId
}

async function readSums(organizationId: string, where: string, table = 'usage_day') {
  const found = await inTenantSql(harness.deps.db.appPool, organizationId, (client) =>
    client.query(
      `SELECT starts_at, value, paired, calls::integer, cost_nanos::text FROM ${table} WHERE ${where} ORDER BY starts_at, value, paired`,
    ),
  )
  return found.rows
}

async function findDifferences(organizationId: string): Promise<SumDifference[]> {
  const found: SumDifference[] = []
  const counted = await recountUsage(harness.deps, { organizationIds: [organizationId], repairs: false }, (_, one) => void found.push(one))
  expect(counted.days).toBeGreaterThan(0)
  return found
}

test('a call is in the total, under each of its dimensions and tags, and under none where it has none', async () => {
  const organizationId = await createTenant()
  const owner = { ...toReport().owner, agentId: 'agt_1', keyId: 'key_1' }
  await record(organizationId, toReport({ owner, tags: ['a', 'b'] }), toReport({ owner, tags: ['a'] }), toReport())
  const sums = await readSums(organizationId, `dimension IN ('total', 'agent', 'tag', 'agent_model')`)
  expect(sums.map(({ value, paired, calls, cost_nanos }) => [value, paired, calls, cost_nanos])).toEqual([
    ['', '', 3, '1350000'],
    ['', '', 1, '450000'],
    ['', '', 1, '450000'],
    ['', 'gpt-5-mini', 1, '450000'],
    ['a', '', 2, '900000'],
    ['agt_1', '', 2, '900000'],
    ['agt_1', 'gpt-5-mini', 2, '900000'],
    ['b', '', 1, '450000'],
  ])
  expect(await findDifferences(organizationId)).toEqual([])
})

describe('a day begins', () => {
  const cases: [zone: string, at: string, start: string][] = [
    ['Europe/Berlin', '2026-10-25T22:59:00Z', '2026-10-24T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T23:00:00Z', '2026-10-25T23:00:00.000Z'],
    ['America/New_York', '2026-11-01T04:59:59Z', '2026-11-01T04:00:00.000Z'],
    ['America/New_York', '2026-11-02T04:59:59Z', '2026-11-01T04:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-10T18:14:59Z', '2026-11-09T18:15:00.000Z'],
    ['Asia/Kathmandu', '2026-11-10T18:15:00Z', '2026-11-10T18:15:00.000Z'],
  ]
  test.each(cases)('in %s for a call at %s at %s', async (zone, at, start) => {
    const organizationId = await createTenant(zone)
    await record(organizationId, toReport({ occurredAt: new Date(at) }))
    expect(await readSums(organizationId, `dimension = 'total'`)).toMatchObject([{ starts_at: new Date(start), calls: 1 }])
    expect(await findDifferences(organizationId)).toEqual([])
  })
})

test('hostile values are keys like others, and none of them is the rest', async () => {
  const organizationId = await createTenant()
  const names = [otherValue, `${otherValue}x`, 'a\nb', `'; DROP TABLE usage_day --`, '🦊'.repeat(300), 'half \ud83d', '']
  const reports = names.map((name) => toReport({ operation: name.replaceAll('\u0000', ''), owner: { ...toReport().owner, agentId: name } }))
  await record(organizationId, ...reports)
  const values = (await readSums(organizationId, `dimension = 'agent'`)).map(({ value, calls }) => [value, calls])
  expect(values.toSorted()).toEqual(
    [
      ['', 2],
      ['x', 1],
      ['ab', 1],
      [`'; DROP TABLE usage_day --`, 1],
      ['🦊'.repeat(200), 1],
      ['half \ufffd', 1],
    ].toSorted(),
  )
  expect(await findDifferences(organizationId)).toEqual([])
})

test(`beyond ${maximumValues} values of a day the rest is one, in every grain and whatever comes later`, async () => {
  const organizationId = await createTenant()
  const [early, late] = [new Date(Date.now() - 3_600_000), new Date()]
  const call = (tag: string, occurredAt = late) => toReport({ tags: [tag], occurredAt })
  const day = `dimension = 'tag' AND starts_at = (SELECT max(starts_at) FROM usage_day)`
  await record(organizationId, ...Array.from({ length: maximumValues - 5 }, (_, i) => call(`tag-${i}`)))
  const rest = Array.from({ length: 10 }, (_, i) => call(`zzz-${i}`))
  await Promise.all([record(organizationId, ...rest.slice(0, 6)), record(organizationId, ...rest.slice(4))])
  expect(await readSums(organizationId, `${day} AND value = '${otherValue}'`)).toMatchObject([{ calls: 5 }])
  await record(organizationId, call('zzz-9', early), call('tag-3', early), call('later'))
  expect(await readSums(organizationId, `${day} AND value > '${otherValue}'`)).toHaveLength(maximumValues)
  expect(await findDifferences(organizationId)).toEqual([])
})

test("another tenant's calls are in no sum", async () => {
  const [one, other] = [await createTenant(), await createTenant()]
  await record(one, toReport())
  await record(other, toReport({ reading: toReading({ inputUncached: 5 }) }))
  expect(await readSums(one, `dimension = 'total'`)).toMatchObject([{ calls: 1, cost_nanos: '450000' }])
  expect(await findDifferences(one)).toEqual([])
})
