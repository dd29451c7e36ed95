import { randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { createTestClock } from '../../test/clock'
import type { Change } from './change-feed'
import { createPlatformKeyCache } from './platform-key-cache'
import type { StoredKey } from './platform-key-rows'

const organizationId = 'org_01jd2f8m3n6q9rkvwxyz012345'

function createRoom(load: (hash: Buffer) => Promise<StoredKey | null>) {
  const clock = createTestClock()
  const handlers = new Map<string, (change: Change) => unknown>()
  const events = {
    on: (kind: string, handler: (change: Change) => unknown) => {
      handlers.set(kind, handler)
      return () => undefined
    },
    lagMs: () => 0,
  }
  const loads = vi.fn(load)
  const emit = (kind: string, payload = {}) => handlers.get(kind)?.({ id: '1', organizationId, kind, payload })
  return { cache: createPlatformKeyCache({ clock, events }, loads), clock, emit, loads }
}

const toKey = (tokenHash: Buffer, id = 'plk_1', agentId: string | null = null): StoredKey => ({
  organizationId,
  id,
  name: id,
  agentId,
  isAgentLive: true,
  role: 'admin',
  permissions: new Set(),
  reach: 'organization',
  networks: [],
  requestsPerMinute: null,
  expiresAt: null,
  revokedAt: null,
  goodUntil: null,
  tokenHash,
  pepperVersion: 1,
})

test('a key that changes while it is being read is not remembered as it was', async () => {
  const hash = randomBytes(32)
  const first = Promise.withResolvers<StoredKey>()
  const { cache, emit, loads } = createRoom(() => (loads.mock.calls.length === 1 ? first.promise : Promise.resolve(null)))
  const reading = cache.find(hash)
  emit('platform-key.changed', { keyId: 'plk_1' })
  first.resolve(toKey(hash))
  await reading
  expect(await cache.find(hash)).toBeNull()
  expect(loads).toHaveBeenCalledTimes(2)
})

test('a change makes forget the key that it names; of agents, the keys of that organization; a reload, everything', async () => {
  const [one, two] = [randomBytes(32), randomBytes(32)]
  const { cache, emit, loads } = createRoom(async (hash) => (hash.equals(one) ? toKey(hash) : toKey(hash, 'plk_2', 'agt_1')))
  const findBoth = () => Promise.all([cache.find(one), cache.find(two)])
  const countAfter = async (act: () => unknown) => {
    await findBoth()
    act()
    loads.mockClear()
    await findBoth()
    return loads.mock.calls.length
  }
  expect(await countAfter(() => undefined)).toBe(0)
  expect(await countAfter(() => emit('platform-key.changed', { keyId: 'plk_1' }))).toBe(1)
  expect(await countAfter(() => emit('agent.changed', { agentId: 'agt_1' }))).toBe(1)
  expect(await countAfter(() => emit('reload'))).toBe(2)
  expect(await countAfter(() => cache.forget('plk_2'))).toBe(1)
})

test('a token that nobody has is asked for once in ten seconds', async () => {
  const { cache, clock, loads } = createRoom(async () => null)
  const hash = randomBytes(32)
  for (let i = 0; i < 50; i++) expect(await cache.find(hash)).toBeNull()
  expect(loads).toHaveBeenCalledTimes(1)
  clock.advance(10_001)
  await cache.find(hash)
  expect(loads).toHaveBeenCalledTimes(2)
})

test('a flood of tokens that nobody has pushes out no key, and keeps no more than its bound', async () => {
  const hash = randomBytes(32)
  const { cache, loads } = createRoom(async (asked) => (asked.equals(hash) ? toKey(hash) : null))
  await cache.find(hash)
  const flood = Array.from({ length: 20_001 }, () => randomBytes(32))
  for (const unknown of flood) await cache.find(unknown)
  loads.mockClear()
  await cache.find(hash)
  await cache.find(flood.at(-1) ?? hash)
  expect(loads).toHaveBeenCalledTimes(0)
  await cache.find(flood[0] ?? hash)
  expect(loads).toHaveBeenCalledTimes(1)
})

test('a read that fails is not remembered', async () => {
  const hash = randomBytes(32)
  const { cache, loads } = createRoom(async () => {
    if (loads.mock.calls.length === 1) throw new Error('away')
    return toKey(hash)
  })
  await expect(cache.find(hash)).rejects.toThrow('away')
  expect(await cache.find(hash)).toMatchObject({ id: 'plk_1' })
})
