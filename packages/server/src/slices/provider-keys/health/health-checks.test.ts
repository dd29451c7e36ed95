import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestClock } from '../../../../test/clock'
import { newSecret } from '../../../../test/factories'
import { acts, createFakeProvider, type FakeProvider } from '../../../../test/fake-provider'
import { createHarness, type Harness } from '../../../../test/harness'
import { checkHealth, hurryOutbound, listEvents, minutesUntil, readHealth } from '../../../../test/health'
import { callKeys, readKey, storeKey } from '../../../../test/provider-keys'
import { createHealthChecker } from './checker'

let harness: Harness
let provider: FakeProvider
const clock = createTestClock()
const minute = 60_000

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' }, clock)
  provider = await createFakeProvider()
  await hurryOutbound(harness)
})
afterAll(async () => {
  await harness.close()
  await provider.close()
})
/** Keys of earlier tests leave the plan. */
beforeEach(() =>
  harness.deps.db.ownerPool.query(
    'ALTER TABLE key_health NO FORCE ROW LEVEL SECURITY; UPDATE key_health SET next_probe_at = NULL; ALTER TABLE key_health FORCE ROW LEVEL SECURITY',
  ),
)

const store = () => storeKey(harness, { baseUrl: provider.baseUrl })
const healthOf = async (id: string) => (await readKey(harness, id)).health
const countHeard = (key: string) => provider.heard.filter((one) => one.key === key).length
async function checkAfter(minutes: number): Promise<void> {
  clock.advance(minutes * minute)
  await checkHealth(harness)
}

test('a key is checked one interval after it was stored and again one later, and its history tells how', async () => {
  const { id, key } = await store()
  expect(await readHealth(harness, id)).toMatchObject({
    health: 'unknown',
    lastProbeAt: null,
    history: { '24h': { probes: 0, successRatio: null } },
  })
  const first = minutesUntil(harness, (await readHealth(harness, id)).nextProbeAt)
  expect(first).toBeGreaterThanOrEqual(47)
  expect(first).toBeLessThanOrEqual(72)
  await checkAfter(40)
  expect(countHeard(key)).toBe(0)
  await checkAfter(33)
  expect(await readHealth(harness, id)).toMatchObject({
    health: 'healthy',
    isConfirming: false,
    history: { '24h': { probes: 1, successRatio: 1 } },
  })
  expect(minutesUntil(harness, (await readHealth(harness, id)).nextProbeAt)).toBe(60)
  provider.answer(key, acts.fail)
  await checkAfter(61)
  expect(await readHealth(harness, id)).toMatchObject({ health: 'healthy', history: { '30d': { probes: 2, successRatio: 0.5 } } })
  clock.advance(25 * 60 * minute)
  expect(await readHealth(harness, id)).toMatchObject({ history: { '24h': { probes: 0, latencyMs: null }, '7d': { probes: 2 } } })
})

test('a refusal on schedule is confirmed by a second one a minute later before it counts, and its end is told too', async () => {
  const { id, key } = await store()
  await checkAfter(73)
  provider.answer(key, acts.reject)
  await checkAfter(61)
  expect(await readHealth(harness, id)).toMatchObject({ health: 'healthy', isConfirming: true })
  expect((await listEvents(harness, id)).map((event) => event.kind)).toEqual(['key.created'])
  await checkAfter(2)
  expect(await readHealth(harness, id)).toMatchObject({ health: 'rejected', isConfirming: false })
  await checkAfter(61)
  provider.answer(key, acts.accept)
  await checkAfter(121)
  expect(await healthOf(id)).toBe('healthy')
  const events = await listEvents(harness, id)
  expect(events.map((event) => event.kind)).toEqual(['key.created', 'key.unhealthy', 'key.recovered'])
  expect(events[1]?.payload).toMatchObject({ health: 'rejected', was: 'healthy', reason: 'bad_key' })
  expect(JSON.stringify(events)).not.toContain(key)
})

test.each([
  ['fail', 'degraded'],
  ['garble', 'degraded'],
  ['drop', 'unreachable'],
  ['hang', 'unreachable'],
  ['limit', 'limited'],
] as const)(
  'an upstream that does "%s" for days makes no key rejected: it is %s, asked ever more rarely, and well again after',
  async (act, health) => {
    const { id, key } = await store()
    await checkAfter(73)
    provider.answer(key, acts[act])
    const delays: (number | null)[] = []
    for (const wait of [61, 61, 121, 241, 361]) {
      await checkAfter(wait)
      delays.push(minutesUntil(harness, (await readHealth(harness, id)).nextProbeAt))
    }
    expect(delays).toEqual([60, 120, 240, 360, 360])
    expect(await healthOf(id)).toBe(health)
    provider.answer(key, acts.accept)
    await checkAfter(361)
    expect(await healthOf(id)).toBe('healthy')
    expect((await listEvents(harness, id)).map((event) => event.kind)).toEqual(['key.created', 'key.unhealthy', 'key.recovered'])
  },
)

test('a key without quota says so, and a refused one stays refused through an outage', async () => {
  const [poor, dead] = [await store(), await store()]
  provider.answer(poor.key, acts.exhaust)
  provider.answer(dead.key, acts.reject)
  await checkAfter(73)
  await checkAfter(2)
  for (const { key } of [poor, dead]) provider.answer(key, acts.fail)
  for (const wait of [61, 121, 241, 361]) await checkAfter(wait)
  expect([await healthOf(poor.id), await healthOf(dead.id)]).toEqual(['no_quota', 'rejected'])
})

test('replicas check each key once, whether they look in turn or at the same time', async () => {
  const other = await harness.openReplica()
  const checkers = [createHealthChecker(harness.deps), createHealthChecker(other.deps)]
  const drain = () => Promise.all(checkers.map((checker) => checker.drain()))
  const storeSome = (count: number) => Promise.all(Array.from({ length: count }, store))

  const held = Promise.withResolvers<void>()
  const inTurn = await storeSome(4)
  for (const { key } of inTurn) provider.answer(key, (request, response) => void held.promise.then(() => acts.accept(request, response)))
  clock.advance(73 * minute)
  for (const checker of checkers) await checker.turn()
  held.resolve()
  await drain()
  expect(inTurn.map(({ key }) => countHeard(key))).toEqual([1, 1, 1, 1])

  const atOnce = await storeSome(8)
  clock.advance(73 * minute)
  for (let round = 0; round < 4; round++) {
    await Promise.all(checkers.map((checker) => checker.turn()))
    await drain()
  }
  expect(atOnce.map(({ key }) => countHeard(key))).toEqual(Array(8).fill(1))
  await other.close()
})

test('however many keys are due, few are asked about at once, and no transaction waits for a provider', async () => {
  const keys = await Promise.all(Array.from({ length: 12 }, store))
  const held = Promise.withResolvers<void>()
  for (const { key } of keys) provider.answer(key, (request, response) => void held.promise.then(() => acts.accept(request, response)))
  clock.advance(73 * minute)
  const before = provider.heard.length
  const checker = createHealthChecker({ ...harness.deps, outbound: { ...harness.deps.outbound, request: waitForAnswer(held.promise) } })
  for (let round = 0; round < 5; round++) await checker.turn()
  const waiting = await harness.deps.db.ownerPool.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
  )
  expect([asked.length, waiting.rowCount]).toEqual([4, 0])
  held.resolve()
  await checker.drain()
  await checkHealth(harness)
  expect(provider.heard.length - before).toBe(12)
})

const asked: string[] = []
function waitForAnswer(open: Promise<void>): Harness['deps']['outbound']['request'] {
  const { request } = harness.deps.outbound
  return async (...call) => {
    asked.push(call[0])
    await open
    return request(...call)
  }
}

test('a checker that dies leaves its keys to the next one', async () => {
  const { id, key } = await store()
  clock.advance(73 * minute)
  const dying = createHealthChecker({
    ...harness.deps,
    outbound: { ...harness.deps.outbound, request: () => Promise.reject(new Error('killed')) },
  })
  await dying.turn()
  await dying.drain()
  expect([countHeard(key), await healthOf(id)]).toEqual([0, 'unknown'])
  await checkAfter(3)
  expect([countHeard(key), await healthOf(id)]).toEqual([1, 'healthy'])
})

test('what is not active is not checked, and is again once it is', async () => {
  const { id, key } = await store()
  const { id: gone, key: goneKey } = await store()
  await callKeys(harness, 'PATCH', `/${id}`, { body: { status: 'disabled' } })
  await callKeys(harness, 'DELETE', `/${gone}`)
  await checkAfter(73)
  expect([countHeard(key), countHeard(goneKey)]).toEqual([0, 0])
  expect((await readHealth(harness, id)).nextProbeAt).toBeNull()
  await callKeys(harness, 'PATCH', `/${id}`, { body: { status: 'active' } })
  await callKeys(harness, 'POST', `/${gone}/restore`)
  await checkAfter(73)
  expect([countHeard(key), countHeard(goneKey)]).toEqual([1, 1])
})

test('what is said of a value that was replaced meanwhile says nothing of the key', async () => {
  const { id, key } = await store()
  provider.answer(key, acts.reject)
  clock.advance(73 * minute)
  const { request } = harness.deps.outbound
  const rotated = Promise.withResolvers<void>()
  const slow: typeof request = async (...call) => {
    const answer = await request(...call)
    await rotated.promise
    return answer
  }
  const checker = createHealthChecker({ ...harness.deps, outbound: { ...harness.deps.outbound, request: slow } })
  await checker.turn()
  expect((await callKeys(harness, 'PUT', `/${id}/rotate`, { body: { key: newSecret() } })).status).toBe(200)
  rotated.resolve()
  await checker.drain()
  expect(await readHealth(harness, id)).toMatchObject({ health: 'healthy', isConfirming: false, history: { '24h': { probes: 1 } } })
})

describe('an organization', () => {
  test('chooses how often, at once for the keys that it has, or never', async () => {
    const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    const set = (healthCheckMinutes: number | null) => harness.request('PATCH', '/api/v1/settings', { token, body: { healthCheckMinutes } })
    const nextOf = async (id: string) => minutesUntil(harness, (await readHealth(harness, id, { token })).nextProbeAt)
    const { id, key } = await storeKey(harness, { baseUrl: provider.baseUrl }, { token })
    expect((await set(5)).status).toBe(200)
    await checkAfter(5)
    expect([countHeard(key), await nextOf(id)]).toEqual([1, 5])
    await set(null)
    const { id: late, key: lateKey } = await storeKey(harness, { baseUrl: provider.baseUrl }, { token })
    expect([await nextOf(id), await nextOf(late)]).toEqual([null, null])
    await checkAfter(1_000)
    expect([countHeard(key), countHeard(lateKey)]).toEqual([1, 0])
    await set(60)
    await checkAfter(61)
    expect([countHeard(key), countHeard(lateKey)]).toEqual([2, 1])
  })

  test('neither sees the health of another one’s keys, nor plans it', async () => {
    const { id, key } = await store()
    const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    expect((await callKeys(harness, 'GET', `/${id}/health`, { token })).status).toBe(404)
    await harness.request('PATCH', '/api/v1/settings', { token, body: { healthCheckMinutes: null } })
    await checkAfter(73)
    expect(countHeard(key)).toBe(1)
  })
})
