import { newId } from '@keylease/shared/ids'
import type { RequestReading } from '@keylease/shared/metering/reading'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { toReading, toReport } from '../../../test/usage'
import { inTenantSql } from '../../platform/tenancy'
import type { UsageReport } from './event'
import { recordUsage } from './service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const dayMs = 86_400_000
const record = (organizationId: string, ...reports: UsageReport[]) => recordUsage(harness.deps, organizationId, reports)

async function summarize(organizationId: string, query = '') {
  const token = harness.createCredential({ organizationId, role: 'viewer' })
  const from = new Date(Date.now() - 40 * dayMs).toISOString()
  const response = await harness.request('GET', `/api/v1/usage/summary?from=${from}${query}`, { token })
  return (await response.json()) as Record<string, never> & {
    requests: number
    costNanos: string
    unpriced: number
    tokens: Record<string, number>
  }
}

test('a call counts once, however often and in whatever company it is reported', async () => {
  const organizationId = await harness.createTenant()
  const calls = Array.from({ length: 5 }, () => toReport())
  const [first] = await record(organizationId, ...calls)
  expect(first).toMatchObject({ isNew: true })
  const again = await Promise.all([record(organizationId, ...calls), record(organizationId, ...calls.slice(2), toReport())])
  expect(again.flat().filter((one) => one.isNew)).toHaveLength(1)
  expect(await summarize(organizationId)).toMatchObject({ requests: 6, tokens: { inputUncached: 6_000, outputText: 600, requests: 6 } })
})

test('what a call cost is exact, and a model that nobody prices is unpriced and never zero', async () => {
  const organizationId = await harness.createTenant()
  const [known, unknown, free] = await record(
    organizationId,
    toReport(),
    toReport({ requestModel: 'model-of-tomorrow', reading: toReading({ inputUncached: 10 }, { model: null }) }),
    toReport({ status: 'error', reading: toReading({ requests: 0 }, { error: { type: 'invalid', code: null } }) }),
  )
  expect(known?.costNanos).toBe(450_000n)
  expect([unknown?.costNanos, free?.costNanos]).toEqual([null, 0n])
  expect(await summarize(organizationId)).toMatchObject({ requests: 3, errors: 1, unpriced: 1, costNanos: '450000' })
})

test("the provider's own word on a cost wins", async () => {
  const organizationId = await harness.createTenant()
  const [told] = await record(organizationId, toReport({ reading: toReading({ inputUncached: 1_000 }, { reportedNanos: 77n }) }))
  expect(told?.costNanos).toBe(77n)
})

test("another tenant's calls are in no sum", async () => {
  const [one, other] = [await harness.createTenant(), await harness.createTenant()]
  await record(one, toReport())
  expect(await summarize(other)).toMatchObject({ requests: 0, costNanos: '0' })
})

test('a call of a day long past finds its place', async () => {
  const organizationId = await harness.createTenant()
  await record(organizationId, toReport({ occurredAt: new Date(Date.now() - 29 * dayMs) }), toReport())
  expect(await summarize(organizationId)).toMatchObject({ requests: 2 })
})

test('hostile text is data', async () => {
  const organizationId = await harness.createTenant()
  const raw = { ['__proto__']: { a: 1 }, text: 'nul \u0000 half \ud800', big: 1e300 }
  const [written] = await record(
    organizationId,
    toReport({ tags: [`'; DROP TABLE usage_event --`], reading: toReading({ inputUncached: 1 }, { raw }) }),
  )
  expect(written?.isNew).toBe(true)
  expect(await summarize(organizationId, `&tag=${encodeURIComponent(`'; DROP TABLE usage_event --`)}`)).toMatchObject({ requests: 1 })
})

describe('of a lease', () => {
  const leased = (leaseId: string, sequence: number, rest: Partial<UsageReport> = {}) =>
    toReport({ ...rest, identity: { kind: 'leased', leaseId, sequence } })

  test('a sequence number counts once', async () => {
    const organizationId = await harness.createTenant()
    const call = leased(newId('lease'), 1)
    await record(organizationId, call, call)
    expect((await record(organizationId, call))[0]).toMatchObject({ isNew: false, isShared: false })
    expect(await summarize(organizationId)).toMatchObject({ requests: 1 })
  })

  test('a number that another span took is a second call, counted once and told apart', async () => {
    const organizationId = await harness.createTenant()
    const leaseId = newId('lease')
    const other = leased(leaseId, 1)
    await record(organizationId, leased(leaseId, 1))
    expect((await record(organizationId, other))[0]).toMatchObject({ isNew: true, isShared: true })
    expect((await record(organizationId, other))[0]).toMatchObject({ isNew: false })
    expect(await summarize(organizationId)).toMatchObject({ requests: 2 })
  })
})

describe('what was assumed of a call', () => {
  const identity = () => ({ kind: 'leased', leaseId: newId('lease'), sequence: 1 }) as const
  const assumed = (of: UsageReport['identity'], occurredAt = new Date()) =>
    toReport({ identity: of, occurredAt, reading: toReading({ inputUncached: 9_000, outputText: 4_000 }, { quality: 'assumed' }) })

  test('gives way to the truth, by whatever span and on whatever day that comes, and counts once', async () => {
    const organizationId = await harness.createTenant()
    const call = identity()
    await record(organizationId, assumed(call, new Date(Date.now() - dayMs)))
    const truth = toReport({ identity: call })
    await Promise.all([record(organizationId, truth), record(organizationId, truth)])
    expect(await summarize(organizationId)).toMatchObject({
      requests: 1,
      costNanos: '450000',
      quality: { exact: 1, estimated: 0, assumed: 0 },
    })
    expect((await record(organizationId, toReport({ identity: call })))[0]).toMatchObject({ isShared: true })
  })

  test('never takes the place of the truth, and is no second holder', async () => {
    const organizationId = await harness.createTenant()
    const call = identity()
    await record(organizationId, toReport({ identity: call }))
    expect((await record(organizationId, assumed(call)))[0]).toMatchObject({ isNew: false, isShared: false })
    expect(await summarize(organizationId)).toMatchObject({ requests: 1, quality: { exact: 1, estimated: 0, assumed: 0 } })
  })
})

describe('an answer that broke off', () => {
  const request: RequestReading = {
    model: 'gpt-5-mini',
    isStream: true,
    maxOutputTokens: 4_000,
    maxInputTokens: 400,
    characters: 0,
    serviceTier: null,
    needsUsageOption: false,
  }
  const broken = () =>
    toReport({
      status: 'aborted',
      isStream: true,
      reading: toReading({}, { quality: 'estimated', finishReason: null, raw: null, characters: { text: 2_000, reasoning: 0 } }),
      exchange: { request, end: 'aborted', billsOnDisconnect: false },
    })

  test('is estimated, and by what exact answers of the same model taught once there are enough', async () => {
    const organizationId = await harness.createTenant()
    await record(organizationId, broken())
    const seeded = (await summarize(organizationId)).tokens['outputText'] ?? 0
    expect(seeded).toBeGreaterThan(2_000 / 6)
    expect(seeded).toBeLessThan(2_000 / 2)
    await record(organizationId, toReport({ reading: toReading({ outputText: 1_000 }, { characters: { text: 8_000, reasoning: 0 } }) }))
    await record(organizationId, broken())
    expect(await summarize(organizationId)).toMatchObject({
      requests: 3,
      quality: { exact: 1, estimated: 2, assumed: 0 },
      tokens: { outputText: seeded + 1_000 + 250 },
    })
  })

  test('teaches nothing to another tenant', async () => {
    const [one, other] = [await harness.createTenant(), await harness.createTenant()]
    await record(one, toReport({ reading: toReading({ outputText: 1_000 }, { characters: { text: 50_000, reasoning: 0 } }) }))
    await record(other, broken())
    expect((await summarize(other)).tokens['outputText']).toBeGreaterThan(2_000 / 6)
  })
})

test('a batch that fails leaves nothing behind', async () => {
  const organizationId = await harness.createTenant()
  const bad = toReport({ reading: toReading({ inputUncached: 0.5 }) })
  await expect(record(organizationId, toReport(), bad)).rejects.toThrow()
  const left = await inTenantSql(harness.deps.db.appPool, organizationId, (client) => client.query('SELECT FROM usage_identity'))
  expect(left.rowCount).toBe(0)
})
