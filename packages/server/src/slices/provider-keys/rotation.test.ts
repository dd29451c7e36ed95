import type { KeyRotation } from '@keylease/shared/contracts/provider-key-bodies'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newSecret } from '../../../test/factories'
import { acts, createFakeProvider, type FakeProvider } from '../../../test/fake-provider'
import { createHarness, type Harness } from '../../../test/harness'
import { callKeys, readKey, readStates, storeKey } from '../../../test/provider-keys'
import type { Clock } from '../../platform/clock'
import { systemClock } from '../../platform/clock'
import { createOutbound } from '../../platform/outbound'
import { settleKeys } from './upkeep'

let harness: Harness
let provider: FakeProvider
let real: { clock: Clock; outbound: Harness['deps']['outbound'] }

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' })
  provider = await createFakeProvider()
  const tuning = { timeouts: { connectMs: 200, headersMs: 150, bodyMs: 150 }, sleep: async () => undefined }
  const outbound = createOutbound(harness.deps.env, { ports: [], databasePorts: [] }, tuning)
  await harness.deps.outbound.close()
  real = { clock: systemClock, outbound }
})
beforeEach(() => void Object.assign(harness.deps, real))
afterAll(async () => {
  await harness.close()
  await provider.close()
})

const rotate = (id: string, key: string, more: object = {}, headers: Record<string, string> = {}) =>
  callKeys<KeyRotation>(harness, 'PUT', `/${id}/rotate`, { body: { key, ...more }, headers })
const store = () => storeKey(harness, { baseUrl: provider.baseUrl })
const advance = (ms: number) => Object.assign(harness.deps, { clock: { ...real.clock, now: () => new Date(Date.now() + ms) } })

test('a rotation asks the provider, puts the new value in place and lets the old one drain until its deadline', async () => {
  const { id, key } = await store()
  const next = newSecret()
  const { status, body } = await rotate(id, next)
  expect(status).toBe(200)
  expect(provider.heard.at(-1)).toMatchObject({ key: next, url: '/v1/models' })
  expect(body).toMatchObject({ oldKey: { number: 1, state: 'draining' }, newKey: { number: 2, state: 'current' }, warnings: [] })
  expect(body.verification).toEqual({
    valid: true,
    verdict: 'valid',
    reason: 'accepted',
    help: null,
    details: { organization: 'acme', limits: { 'limit-requests': '500' } },
  })
  expect([body.oldKey.preview, body.newKey.preview]).toEqual([`sk-proj-…${key.slice(-4)}`, `sk-proj-…${next.slice(-4)}`])
  expect(body.expiresAt).toBe(body.oldKey.drainUntil)
  expect(Math.abs(new Date(body.expiresAt).getTime() - Date.now() - 900_000)).toBeLessThan(30_000)
  expect(await readKey(harness, id)).toMatchObject({ health: 'healthy', preview: body.newKey.preview })

  await settleKeys(harness.deps)
  expect(await readStates(harness, id)).toEqual(['current', 'draining'])
  advance(901_000)
  await settleKeys(harness.deps)
  expect(await readStates(harness, id)).toEqual(['current', 'retired'])
})

test('without draining the old value retires at once', async () => {
  const { id } = await store()
  expect((await rotate(id, newSecret(), { drainSeconds: 0 })).status).toBe(200)
  expect(await readStates(harness, id)).toEqual(['current', 'retired'])
})

test('a value that the provider refuses is never taken, by force neither, and an event says so', async () => {
  const { id } = await store()
  const bad = newSecret()
  provider.answer(bad, acts.reject)
  for (const force of [false, true]) {
    const { status, body } = await rotate(id, bad, { force })
    expect([status, body.error?.code, body.error?.details]).toMatchObject([
      422,
      'key_rejected',
      { valid: false, verdict: 'invalid', reason: 'bad_key' },
    ])
  }
  expect(await readStates(harness, id)).toEqual(['destroyed', 'destroyed', 'current'])
  expect((await readKey(harness, id)).health).toBe('unknown')
  const events = await query(`SELECT kind FROM outbox_event WHERE resource_id = $1 AND kind = 'key.verification_failed'`, id)
  expect(events).toHaveLength(2)
  expect(await query('SELECT sealed FROM key_version WHERE key_id = $1 AND state = $2', id, 'destroyed')).toEqual([
    { sealed: null },
    { sealed: null },
  ])
})

test.each([
  ['fail', 'provider_error'],
  ['limit', 'rate_limited'],
  ['garble', 'unexpected_answer'],
  ['redirect', 'unexpected_answer'],
  ['flood', 'unexpected_answer'],
  ['break', 'unexpected_answer'],
  ['drop', 'unreachable'],
  ['hang', 'timeout'],
  ['drip', 'timeout'],
] as const)('an upstream that does "%s" gives no verdict: nothing changes unless forced', async (act, reason) => {
  const { id } = await store()
  const next = newSecret()
  provider.answer(next, acts[act])
  const refused = await rotate(id, next)
  expect([refused.status, refused.body.error?.code, refused.body.error?.details]).toMatchObject([
    422,
    'key_unproven',
    { valid: null, reason, help: { cause: expect.any(String), remedy: expect.any(String) } },
  ])
  expect(await readStates(harness, id)).toEqual(['destroyed', 'current'])
  const forced = await rotate(id, next, { force: true })
  expect([forced.status, forced.body.verification.reason]).toEqual([200, reason])
  expect(await readStates(harness, id)).toEqual(['current', 'destroyed', 'draining'])
})

describe('of rotations at once', () => {
  test('to different values one wins and the others are refused clearly', async () => {
    const { id } = await store()
    let waiting = 3
    const held = Promise.withResolvers<void>()
    const hold: typeof real.outbound.request = async (...asked) => {
      await held.promise
      return real.outbound.request(...asked)
    }
    Object.assign(harness.deps, { outbound: { ...real.outbound, request: hold } })
    const turns = [1, 2, 3, 4].map(() => rotate(id, newSecret()))
    for (const turn of turns) void turn.then(() => --waiting === 0 && held.resolve())
    const outcomes = await Promise.all(turns)
    expect(outcomes.map((one) => one.status).sort()).toEqual([200, 409, 409, 409])
    expect(outcomes.flatMap((one) => one.body.error?.code ?? [])).toEqual(Array(3).fill('rotation_in_progress'))
    expect((await readStates(harness, id)).filter((state) => state === 'current')).toHaveLength(1)
    expect(await readStates(harness, id)).toHaveLength(2)
  })

  test('to the same value one is done, whether it says so once or under one Idempotency-Key to all', async () => {
    const { id } = await store()
    const next = newSecret()
    const plain = await Promise.all([1, 2, 3].map(() => rotate(id, next)))
    expect(plain.filter((one) => one.status === 200)).toHaveLength(1)
    expect(plain.filter((one) => one.status === 409)).toHaveLength(2)
    const again = newSecret()
    const keyed = await Promise.all([1, 2, 3].map(() => rotate(id, again, {}, { 'idempotency-key': 'rotate-once' })))
    expect(new Set(keyed.map((one) => JSON.stringify(one)))).toHaveLength(1)
    expect(keyed[0]?.status).toBe(200)
    expect(await readStates(harness, id)).toEqual(['current', 'draining', 'draining'])
  })
})

test('killed at any step it leaves one working value, and the same request again goes on', async () => {
  let steps = 0
  for (let step = 1; ; step++) {
    const { id, key } = await store()
    const next = newSecret()
    const wasKilled = killAtStep(step)
    const first = await rotate(id, next)
    Object.assign(harness.deps, real)
    if (!wasKilled()) break
    steps++
    expect(first.status, `step ${step}`).toBe(500)
    const states = await readStates(harness, id)
    expect(
      states.filter((state) => state === 'current'),
      `step ${step}`,
    ).toHaveLength(1)
    expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({ valid: true })
    expect(provider.heard.at(-1)?.key).toBe(key)
    expect((await rotate(id, next)).status, `step ${step}`).toBe(200)
    expect((await readStates(harness, id)).slice(0, 2)).toEqual(['current', 'draining'])
    await callKeys(harness, 'POST', `/${id}/verify`)
    expect(provider.heard.at(-1)?.key).toBe(next)
  }
  expect(steps).toBeGreaterThan(5)
})

test('a rotation that died is cleared away and does not stand in the way of another', async () => {
  const { id } = await store()
  const dying = newSecret()
  Object.assign(harness.deps, { outbound: { ...real.outbound, request: async () => Promise.reject(new Error('killed')) } })
  expect((await rotate(id, dying)).status).toBe(500)
  Object.assign(harness.deps, real)
  expect(await readStates(harness, id)).toEqual(['pending', 'current'])
  expect((await rotate(id, newSecret())).body.error?.code).toBe('rotation_in_progress')
  advance(61_000)
  expect((await rotate(id, newSecret())).status).toBe(200)
  expect(await readStates(harness, id)).toEqual(['current', 'destroyed', 'draining'])
  Object.assign(harness.deps, { outbound: { ...real.outbound, request: async () => Promise.reject(new Error('killed')) } })
  advance(62_000)
  await rotate(id, dying)
  advance(701_000)
  await settleKeys(harness.deps)
  expect((await readStates(harness, id))[0]).toBe('destroyed')
})

test('a revoked key is not rotated back into use', async () => {
  const { id } = await store()
  await callKeys(harness, 'POST', `/${id}/revoke`, { body: {} })
  expect((await rotate(id, newSecret())).body.error?.code).toBe('key_not_usable')
})

/** The process dies, as far as the database can tell: at the nth time that the rotation looks at the clock, or asks the provider. */
function killAtStep(step: number): () => boolean {
  let seen = 0
  const pass = () => {
    if (++seen === step) throw new Error('killed')
  }
  const now = () => {
    if (new Error('where').stack?.includes('provider-keys')) pass()
    return new Date()
  }
  const request: typeof real.outbound.request = async (...asked) => {
    pass()
    const answer = await real.outbound.request(...asked)
    pass()
    return answer
  }
  Object.assign(harness.deps, { clock: { ...real.clock, now }, outbound: { ...real.outbound, request } })
  return () => seen >= step
}

async function query(sql: string, ...values: string[]): Promise<unknown[]> {
  const { ownerPool } = harness.deps.db
  const client = await ownerPool.connect()
  try {
    await client.query(`SELECT set_config('keylease.organization_id', $1, false)`, [harness.organizationId])
    await client.query('ALTER TABLE key_version NO FORCE ROW LEVEL SECURITY; ALTER TABLE outbox_event NO FORCE ROW LEVEL SECURITY')
    return (await client.query(sql, values)).rows
  } finally {
    client.release()
  }
}
