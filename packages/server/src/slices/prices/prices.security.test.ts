import type { PriceComparison } from '@keylease/shared/contracts/price-comparison'
import type { Price, PricePage } from '@keylease/shared/contracts/prices'
import { oneRequest } from '@keylease/shared/pricing/vector'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { createHarness, type Harness } from '../../../test/harness'
import { inTenantSql } from '../../platform/tenancy'
import type { BilledUsage } from './usage-prices'

let harness: Harness
const clock = createTestClock()
const path = '/api/v1/prices'

beforeAll(async () => {
  harness = await createHarness({}, clock)
})
afterAll(() => harness.close())

const call: BilledUsage = {
  provider: 'openai',
  model: 'gpt-5-mini-2025-08-07',
  vector: oneRequest({ inputUncached: 1_000, cacheRead: 2_000, outputText: 100 }),
  imageTokens: { input: 0, output: 0 },
  serviceTier: 'default',
  region: null,
  at: new Date('2026-11-21T12:00:00Z'),
  reportedNanos: null,
}
const listCost = 250_000n + 50_000n + 200_000n
const rates = { ratesNanos: { inputUncached: '1000000', cacheRead: '0', outputText: '2000000' } }

async function createTenant() {
  const organizationId = await harness.createTenant()
  return { organizationId, token: harness.createCredential({ organizationId, role: 'owner' }) }
}

async function agree(token: string, body: object): Promise<Price> {
  const response = await harness.request('POST', path, { token, body })
  expect(response.status, await response.clone().text()).toBe(201)
  return (await response.json()) as Price
}

async function priceOf(organizationId: string, usage: Partial<BilledUsage> = {}, replica: Pick<Harness, 'deps'> = harness) {
  await replica.deps.prices.load(organizationId)
  return replica.deps.prices.priceUsage(organizationId, { ...call, ...usage })
}

const list = async (token: string, query: string) =>
  (await (await harness.request('GET', `${path}?${query}`, { token })).json()) as PricePage

describe('what a call costs', () => {
  it('stands on the list price before anybody agreed another, and names row and version', async () => {
    const { organizationId } = await createTenant()
    const cost = await priceOf(organizationId)
    expect(cost).toMatchObject({ costNanos: listCost, basis: 'computed' })
    expect(cost.priceId).toMatch(/^price_/)
    expect(cost.priceVersion).toContain('genai-prices')
  })

  it('is what the provider reports, where it does', async () => {
    const { organizationId, token } = await createTenant()
    await agree(token, { provider: 'openai', model: 'gpt-5-mini', ...rates })
    expect(await priceOf(organizationId, { reportedNanos: 7n })).toEqual({
      costNanos: 7n,
      basis: 'reported',
      priceId: null,
      priceVersion: null,
    })
    expect(await priceOf(organizationId, { reportedNanos: -7n })).not.toMatchObject({ basis: 'reported' })
  })

  it('follows what the organization agreed, in this process and in another, within a second', async () => {
    const { organizationId, token } = await createTenant()
    const replica = await harness.openReplica()
    try {
      await Promise.all([priceOf(organizationId), priceOf(organizationId, {}, replica)])
      const version = harness.deps.prices.version(organizationId)
      const agreed = await agree(token, { provider: 'openai', model: 'gpt-5-mini', ...rates, effectiveFrom: '2026-11-01T00:00:00.000Z' })
      for (const process of [harness, replica]) {
        await expect.poll(async () => (await priceOf(organizationId, {}, process)).priceId).toBe(agreed.id)
        expect(await priceOf(organizationId, {}, process)).toMatchObject({ costNanos: 1_000n + 200n, basis: 'override' })
      }
      expect(harness.deps.prices.version(organizationId)).not.toBe(version)
      expect((await priceOf(organizationId, { at: new Date('2026-10-31T23:59:59Z') })).basis).toBe('computed')
      await harness.request('DELETE', `${path}/${agreed.id}`, { token })
      await expect.poll(async () => (await priceOf(organizationId, {}, replica)).basis).toBe('computed')
    } finally {
      await replica.close()
    }
  })

  it('never follows what another tenant agreed', async () => {
    const [one, other] = [await createTenant(), await createTenant()]
    const agreed = await agree(one.token, { provider: 'openai', ...rates, effectiveFrom: '2026-01-01T00:00:00.000Z' })
    await expect.poll(async () => (await priceOf(one.organizationId)).basis).toBe('override')
    expect(await priceOf(other.organizationId)).toMatchObject({ basis: 'computed', costNanos: listCost })
    expect((await list(other.token, 'provider=openai&limit=200')).items.map(({ id }) => id)).not.toContain(agreed.id)
    const response = await harness.request('DELETE', `${path}/${agreed.id}`, { token: other.token })
    expect(response.status).toBe(404)
    expect((await priceOf(one.organizationId)).basis).toBe('override')
  })

  it('is reduced by a discount, and by none that has ended', async () => {
    const { organizationId, token } = await createTenant()
    const times = { effectiveFrom: '2026-11-01T00:00:00.000Z', effectiveTo: '2026-11-22T00:00:00.000Z' }
    await agree(token, { provider: 'openai', discountBasisPoints: 1_500, ...times })
    await expect.poll(async () => (await priceOf(organizationId)).basis).toBe('discount')
    expect((await priceOf(organizationId)).costNanos).toBe((listCost * 85n) / 100n)
    expect(await priceOf(organizationId, { at: new Date('2026-11-22T00:00:00Z') })).toMatchObject({
      basis: 'computed',
      costNanos: listCost,
    })
  })

  it('is none for a model that nobody knows, and for nothing it is nothing', async () => {
    const { organizationId } = await createTenant()
    expect(await priceOf(organizationId, { model: 'unheard-of' })).toEqual({
      costNanos: null,
      basis: 'unpriced',
      priceId: null,
      priceVersion: null,
    })
    expect((await priceOf(organizationId, { model: 'unheard-of', vector: oneRequest({ requests: 0 }) })).costNanos).toBe(0n)
    expect((await priceOf(organizationId, { serviceTier: 'unheard-of' })).costNanos).toBeNull()
  })

  it('may be agreed for a provider whose calls name no model', async () => {
    const { organizationId, token } = await createTenant()
    await agree(token, { provider: 'finnhub', ratesNanos: { requests: '5000000000' }, effectiveFrom: '2026-01-01T00:00:00.000Z' })
    await expect
      .poll(async () => (await priceOf(organizationId, { provider: 'finnhub', model: null, vector: oneRequest() })).costNanos)
      .toBe(5_000n)
  })
})

describe('a missing price', () => {
  const events = (organizationId: string) =>
    inTenantSql(harness.deps.db.systemPool, organizationId, async (client) =>
      (
        await client.query<{ payload: unknown }>(
          `SELECT payload FROM outbox_event WHERE organization_id = $1 AND kind = 'price.missing' ORDER BY payload->>'model'`,
          [organizationId],
        )
      ).rows.map((row) => row.payload),
    )

  it('is told once a day for each model, however many processes meet it', async () => {
    const { organizationId } = await createTenant()
    const replica = await harness.openReplica()
    for (const process of [harness, replica, harness]) {
      for (const model of ['mystery-1', 'mystery-2']) await priceOf(organizationId, { model }, process)
      await priceOf(organizationId, { vector: oneRequest({ inputUncached: 1, audioOut: 1 }) }, process)
      await process.deps.prices.stop()
    }
    await replica.close()
    expect(await events(organizationId)).toEqual([
      { provider: 'openai', model: 'gpt-5-mini-2025-08-07', missing: ['audioOut'] },
      { provider: 'openai', model: 'mystery-1', missing: ['model'] },
      { provider: 'openai', model: 'mystery-2', missing: ['model'] },
    ])
    clock.advance(24 * 60 * 60_000)
    await priceOf(organizationId, { model: 'mystery-1' })
    await harness.deps.prices.stop()
    expect(await events(organizationId)).toHaveLength(4)
  })
})

describe('the list', () => {
  it('goes through every model once, page by page, with what was agreed before the list price', async () => {
    const { token } = await createTenant()
    const agreed = await agree(token, { provider: 'openai', model: 'gpt-5', ...rates })
    const seen: Price[] = []
    let cursor = ''
    do {
      const page = await list(token, `limit=200&provider=openai${cursor}`)
      seen.push(...page.items)
      cursor = page.nextCursor ? `&cursor=${page.nextCursor}` : ''
      expect(page.total).toBeGreaterThan(80)
    } while (cursor)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
    const gpt5 = seen.filter(({ model }) => model === 'gpt-5')
    expect(gpt5.map(({ kind, id }) => [kind, id === agreed.id])).toEqual([
      ['override', true],
      ['list', false],
    ])
  })

  it('finds a model by any of its names and prices by their time', async () => {
    const { token } = await createTenant()
    const named = await list(token, 'provider=azure&model=gpt-5-mini-2025-08-07')
    expect(named.items.map(({ provider, model }) => `${provider}/${model}`)).toEqual(['openai/gpt-5-mini'])
    const inputAt = async (at: string) => (await list(token, `provider=openai&model=o3&at=${at}`)).items[0]?.terms?.ratesNanos.inputUncached
    expect([await inputAt('2025-05-01T00:00:00.000Z'), await inputAt('2025-08-01T00:00:00.000Z')]).toEqual(['10000000000', '2000000000'])
    expect((await harness.request('GET', `${path}?cursor=xyz`, { token })).status).toBe(400)
  })

  it.each<[object]>([
    [{ provider: 'openai' }],
    [{ provider: 'openai', discountBasisPoints: 100, ...rates }],
    [{ provider: 'openai', discountBasisPoints: 0 }],
    [{ provider: 'openai', ratesNanos: {} }],
    [{ provider: 'openai', ratesNanos: { inputUncached: '-1' } }],
    [{ provider: 'openai', ratesNanos: { inputUncached: '1.5' } }],
    [{ provider: 'openai', ratesNanos: { inputUncached: 1 } }],
    [{ provider: 'openai', ratesNanos: { unknown: '1' } }],
    [{ provider: 'openai', discountBasisPoints: 1, serviceTiers: [{ serviceTier: 'batch', basisPoints: 1 }] }],
    [{ provider: 'openai', discountBasisPoints: 1, effectiveFrom: '2026-01-02T00:00:00Z', effectiveTo: '2026-01-01T00:00:00Z' }],
    [{ provider: '../x', discountBasisPoints: 1 }],
  ])('takes no agreement such as %j', async (body) => {
    expect((await harness.request('POST', path, { body })).status).toBe(400)
  })
})

describe('a comparison', () => {
  const compare = async (token: string, query: string) =>
    (await (await harness.request('GET', `${path}/compare?${query}`, { token })).json()) as PriceComparison

  it('sorts models by what the mix costs the organization, and names what is unpriced', async () => {
    const { organizationId, token } = await createTenant()
    const mix = 'inputUncached=1000&cacheRead=2000&outputText=100'
    const models = 'models=openai/gpt-5-mini,openai/gpt-5,openai/whisper-1,nobody/nothing'
    const before = await compare(token, `${mix}&${models}`)
    expect(before.items.map(({ model }) => model)).toEqual(['gpt-5-mini', 'gpt-5'])
    expect(before.items[0]).toMatchObject({ costNanos: String(listCost), costPerMillionTokensNanos: '161290323', basis: 'computed' })
    expect(before.unpriced).toEqual([
      { provider: 'openai', model: 'whisper-1', missing: ['inputUncached', 'cacheRead', 'outputText'] },
      { provider: 'nobody', model: 'nothing', missing: ['model'] },
    ])
    await agree(token, { provider: 'openai', model: 'gpt-5', discountBasisPoints: 9_900, effectiveFrom: '2026-01-01T00:00:00.000Z' })
    await expect.poll(async () => (await priceOf(organizationId, { model: 'gpt-5' })).basis).toBe('discount')
    expect((await compare(token, `${mix}&${models}`)).items.map(({ model }) => model)).toEqual(['gpt-5', 'gpt-5-mini'])
  })

  it('takes fractions of a whole, and whole providers', async () => {
    const { token } = await createTenant()
    const answer = await compare(token, 'inputUncached=0.8&outputText=0.2&providers=openai,vertex&limit=200')
    expect(answer.items.find(({ model }) => model === 'gpt-5-mini')?.costPerMillionTokensNanos).toBe(String(200_000_000 + 400_000_000))
    expect(new Set(answer.items.map(({ provider }) => provider))).toEqual(new Set(['openai', 'google', 'anthropic']))
    const amounts = answer.items.map((item) => BigInt(item.costPerMillionTokensNanos ?? 0))
    expect(amounts).toEqual(amounts.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)))
  })
})
