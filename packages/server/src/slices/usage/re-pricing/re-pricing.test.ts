import type { RePricing } from '@keylease/shared/contracts/re-pricings'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../../test/harness'
import { toReading, toReport } from '../../../../test/usage'
import { inTenantSql } from '../../../platform/tenancy'
import { recountUsage } from '../recount/service'
import { recordUsage } from '../service'
import { workOnRePricings } from './work'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const path = '/api/v1/usage/re-pricings'
const period = { from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date(Date.now() + 86_400_000).toISOString() }

async function call<Body>(token: string, method: string, at: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const response = await harness.request(method, at, { token, ...(body === undefined ? {} : { body }) })
  return { status: response.status, body: (await response.json()) as Body }
}

/** Which prices this process works with. */
async function versionOf(organizationId: string): Promise<string> {
  await harness.deps.prices.load(organizationId)
  return harness.deps.prices.version(organizationId)
}

/** An organization with two priced calls and one of a model that nobody prices. */
async function prepare() {
  const organizationId = await harness.createTenant()
  const token = harness.createCredential({ organizationId, role: 'admin' })
  const unknown = toReport({ requestModel: 'model-x', reading: toReading({ inputUncached: 1_000_000 }, { model: 'model-x' }) })
  await recordUsage(harness.deps, organizationId, [toReport(), toReport(), unknown])
  const costs = () =>
    inTenantSql(
      harness.deps.db.appPool,
      organizationId,
      async (client) =>
        (
          await client.query<{ cost: string | null; charged: string | null; basis: string }>(
            'SELECT cost_nanos::text AS cost, charged_nanos::text AS charged, cost_basis AS basis FROM usage_event ORDER BY cost_nanos NULLS LAST',
          )
        ).rows,
    )
  const agree = async (inputUncached: string) => {
    const version = await versionOf(organizationId)
    const price = { provider: 'openai', model: 'model-x', ratesNanos: { inputUncached }, effectiveFrom: period.from }
    expect((await call(token, 'POST', '/api/v1/prices', price)).status).toBe(201)
    await expect.poll(() => versionOf(organizationId)).not.toBe(version)
  }
  const create = async () => (await call<RePricing>(token, 'POST', path, period)).body
  const get = async (id: string) => (await call<RePricing>(token, 'GET', `${path}/${id}`)).body
  const apply = (id: string) => call<RePricing & { error?: { code: string } }>(token, 'POST', `${path}/${id}/apply`)
  /** Of the day of all calls: what they cost, what budgets were charged, and how many have no price. */
  const sums = () =>
    inTenantSql(
      harness.deps.db.appPool,
      organizationId,
      async (client) =>
        (
          await client.query<Record<'cost' | 'charged' | 'unpriced' | 'calls', string>>(
            `SELECT cost_nanos::text AS cost, charged_nanos::text AS charged, unpriced::text, calls::text FROM usage_day WHERE dimension = 'total'`,
          )
        ).rows,
    )
  return { organizationId, token, costs, sums, agree, create, get, apply }
}

test('the difference shows before anything changes, and applied it changes the cost alone', async () => {
  const { organizationId, costs, sums, agree, create, get, apply } = await prepare()
  const before = await costs()
  await agree('2000000000')
  const { id, status } = await create()
  expect(status).toBe('comparing')
  await workOnRePricings(harness.deps)
  expect(await get(id)).toMatchObject({
    status: 'ready',
    events: 3,
    changed: 1,
    beforeNanos: '900000',
    afterNanos: '2000900000',
    differenceNanos: '2000000000',
    unpricedBefore: 1,
    unpricedAfter: 0,
    models: [
      { model: 'model-x', changed: 1 },
      { model: 'gpt-5-mini', changed: 0 },
    ],
  })
  expect(await costs()).toEqual(before)
  expect((await apply(id)).body.status).toBe('applying')
  await workOnRePricings(harness.deps)
  expect((await get(id)).status).toBe('applied')
  expect(await costs()).toEqual([...before.slice(0, 2), { cost: '2000000000', charged: null, basis: 'override' }])
  expect(await sums()).toEqual([{ cost: '2000900000', charged: '900000', unpriced: '0', calls: '3' }])
  const counted = await recountUsage(harness.deps, { organizationIds: [organizationId], repairs: false }, () => undefined)
  expect(counted).toMatchObject({ days: 1, differences: 0 })
})

test('an amount that nobody trusted when it was reported is no word to bill by now, and one that was trusted is', async () => {
  const { organizationId, costs, create, apply } = await prepare()
  const reading = toReading({ inputUncached: 1_000 }, { reportedNanos: 7n })
  await recordUsage(harness.deps, organizationId, [toReport({ reading, isReportedCostTrusted: false }), toReport({ reading })])
  const before = await costs()
  const { id } = await create()
  await workOnRePricings(harness.deps)
  await apply(id)
  await workOnRePricings(harness.deps)
  expect(await costs()).toEqual(before)
})

test('a call that another event bills is in no sum and no difference', async () => {
  const { organizationId, sums, agree, create, get, apply } = await prepare()
  await inTenantSql(harness.deps.db.systemPool, organizationId, (client) =>
    client.query(`UPDATE usage_event SET linked_to = 'use_other' WHERE request_model = 'model-x'`),
  )
  await recountUsage(harness.deps, { organizationIds: [organizationId], repairs: true }, () => undefined)
  await agree('2000000000')
  const { id } = await create()
  await workOnRePricings(harness.deps)
  expect(await get(id)).toMatchObject({ events: 2, changed: 0, differenceNanos: '0' })
  await apply(id)
  await workOnRePricings(harness.deps)
  expect(await sums()).toEqual([{ cost: '900000', charged: '900000', unpriced: '0', calls: '2' }])
})

test('what is still compared, and what met other prices, is not applied', async () => {
  const { agree, create, get, apply, costs } = await prepare()
  const before = await costs()
  const { id } = await create()
  expect((await apply(id)).body.error?.code).toBe('re_pricing_not_ready')
  await workOnRePricings(harness.deps)
  await apply(id)
  await agree('5')
  await workOnRePricings(harness.deps)
  expect((await get(id)).status).toBe('stale')
  expect(await costs()).toEqual(before)
})

test('a re-pricing of one organization touches no other', async () => {
  const [one, other] = [await prepare(), await prepare()]
  await one.agree('7000000000')
  const { id } = await one.create()
  await workOnRePricings(harness.deps)
  await one.apply(id)
  await workOnRePricings(harness.deps)
  expect((await one.costs()).at(-1)?.cost).toBe('7000000000')
  expect((await other.costs()).at(-1)?.cost).toBeNull()
  expect((await call(other.token, 'GET', `${path}/${id}`)).status).toBe(404)
})

test('asked twice at once, it is applied once', async () => {
  const { agree, create, apply, costs } = await prepare()
  await agree('3000000000')
  const { id } = await create()
  await workOnRePricings(harness.deps)
  const answers = await Promise.all([apply(id), apply(id)])
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  await Promise.all([workOnRePricings(harness.deps), workOnRePricings(harness.deps)])
  expect((await costs()).at(-1)?.cost).toBe('3000000000')
})
