import { createPlatformKeyToken } from '@keylease/shared/platform-key'
import { Secret } from '@keylease/shared/secret'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { factories } from '../../test/factories'
import { createHarness, type Harness } from '../../test/harness'
import { testSize } from '../../test/size'
import { saveBootstrapToken } from './bootstrap'
import { createPlatformKeyAuthenticator } from './platform-key-auth'
import { inTenantSql } from './tenancy'

const base = '/api/v1/platform/api-keys'
type Replica = Pick<Harness, 'deps' | 'request' | 'close'>
let harness: Harness
let other: Replica

beforeAll(async () => {
  harness = await createHarness()
  other = await harness.openReplica()
})
afterAll(async () => {
  await other.close()
  await harness.close()
})

const use = async (replica: Replica, token: string) => (await replica.request('GET', '/api/v1/projects', { token })).status

/** How long another replica still lets the token in. */
async function measureUntilRefused(replica: Replica, token: string, act: () => Promise<unknown>): Promise<number> {
  expect(await use(replica, token)).toBe(200)
  await act()
  const started = performance.now()
  await vi.waitFor(async () => expect(await use(replica, token)).toBe(401), { timeout: 5_000, interval: 5 })
  return performance.now() - started
}

test('a revoked key is refused on another replica within a second', async () => {
  const { id, key } = await harness.issueKey({})
  const elapsedMs = await measureUntilRefused(other, key, () => harness.request('DELETE', `${base}/${id}`))
  expect(elapsedMs).toBeLessThan(1_000)
})

test('regenerating, disabling the agent and deleting it are obeyed on another replica within a second', async () => {
  const regenerated = await harness.issueKey({})
  const regenerate = () => harness.request('POST', `${base}/${regenerated.id}/regenerate`, { body: {} })
  expect(await measureUntilRefused(other, regenerated.key, regenerate)).toBeLessThan(1_000)
  for (const [method, options] of [
    ['PATCH', { body: { enabled: false } }],
    ['DELETE', {}],
  ] as const) {
    const agentId = (await factories.agent?.(harness, harness.token)) ?? ''
    const { key } = await harness.issueKey({ agentId })
    const stop = () => harness.request(method, `/api/v1/agents/${agentId}`, options)
    expect(await measureUntilRefused(other, key, stop)).toBeLessThan(1_000)
  }
})

test('a key of an agent that is enabled again works again', async () => {
  const agentId = (await factories.agent?.(harness, harness.token)) ?? ''
  const { key } = await harness.issueKey({ agentId })
  await measureUntilRefused(other, key, () => harness.request('PATCH', `/api/v1/agents/${agentId}`, { body: { enabled: false } }))
  await harness.request('PATCH', `/api/v1/agents/${agentId}`, { body: { enabled: true } })
  await vi.waitFor(async () => expect(await use(other, key)).toBe(200), { timeout: 5_000, interval: 5 })
})

test('a thousand who show a new key at once ask the database a bounded number of times, and later ones never', async () => {
  const { key } = await harness.issueKey({})
  const queries = vi.spyOn(harness.deps.db.authPool, 'query')
  const authenticator = createPlatformKeyAuthenticator({ ...harness.deps, cache: harness.deps.platformKeys })
  const facts = { id: 'req', address: '127.0.0.1', userAgent: '' }
  const show = () => authenticator.authenticate({ bearer: new Secret(key), cookie: null }, facts)
  const shown = await Promise.all(Array.from({ length: testSize(1_000, 20_000) }, show))
  expect(new Set(shown.map((found) => found && 'id' in found))).toEqual(new Set([true]))
  expect(queries.mock.calls.length).toBe(1)
  await Promise.all(Array.from({ length: 1_000 }, show))
  expect(queries.mock.calls.length).toBe(1)
  queries.mockRestore()
})

test('what is no key is refused before anything is hashed or asked', async () => {
  const queries = vi.spyOn(harness.deps.db.authPool, 'query')
  const hashes = vi.spyOn(harness.deps.keyring, 'hash')
  const { key } = await harness.issueKey({})
  queries.mockClear()
  hashes.mockClear()
  for (const token of [
    `${key}a`,
    key.slice(0, -1),
    key.slice(0, 20),
    `${key.slice(0, 30)}!${key.slice(31)}`,
    `kl_live_${'a'.repeat(70)}`,
  ]) {
    expect((await harness.request('GET', '/api/v1/projects', { token, address: '198.51.100.1' })).status).toBe(401)
  }
  expect([queries.mock.calls.length, hashes.mock.calls.length]).toEqual([0, 0])
  vi.restoreAllMocks()
})

test('the bootstrap token is matched before the format check, even if it looks like a broken key', async () => {
  const own = await createHarness()
  const token = `kl_live_${'0'.repeat(40)}`
  await saveBootstrapToken(own.deps.db, own.deps.keyring, own.organizationId, new Secret(token))
  await vi.waitFor(async () => expect(await use(own, token)).toBe(200), { timeout: 5_000, interval: 10 })
  await own.close()
})

test('while the change feed is silent for too long, every use asks the database', async () => {
  const { id, key } = await harness.issueKey({})
  expect(await use(other, key)).toBe(200)
  await other.deps.events.stop()
  const lag = vi.spyOn(other.deps.events, 'lagMs').mockReturnValue(5_001)
  await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query('UPDATE platform_key SET revoked_at = now() WHERE id = $1', [id]),
  )
  expect(await use(other, key)).toBe(401)
  lag.mockRestore()
  await other.deps.events.start()
})

test('a database that is away refuses nobody whose key was seen, and tells the others to come again', async () => {
  const own = await createHarness()
  const seen = await own.issueKey({})
  const unseen = await own.issueKey({})
  expect(await use(own, seen.key)).toBe(200)
  const away = vi.spyOn(own.deps.db.authPool, 'query').mockImplementation(async () => {
    throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
  })
  expect(await use(own, seen.key)).toBe(200)
  expect(await use(own, unseen.key)).toBe(503)
  away.mockRestore()
  expect(await use(own, unseen.key)).toBe(200)
  await own.close()
})

test('why a key was refused is noted for its tenant, once, and never shown to its bearer', async () => {
  const record = vi.spyOn(harness.deps.security, 'record')
  const revoked = await harness.issueKey({ name: 'old' })
  await harness.request('DELETE', `${base}/${revoked.id}`)
  const elsewhere = await harness.issueKey({ addresses: ['203.0.113.0/24'] })
  record.mockClear()
  const answers = []
  for (const token of [revoked.key, createPlatformKeyToken().reveal(), 'kl_live_nonsense-that-is-long', elsewhere.key]) {
    const { error } = (await (await harness.request('GET', '/api/v1/projects', { token })).json()) as { error: { message: string } }
    answers.push(error.message)
  }
  expect(new Set(answers.slice(0, 3)).size).toBe(1)
  const { organizationId } = harness
  expect(record.mock.calls.map(([event]) => [event.kind, event.organizationId, event.actor?.id, event.detail?.['reason']])).toEqual([
    ['key_refused', organizationId, revoked.id, 'revoked'],
    ['key_refused', null, undefined, 'unknown'],
    ['key_refused', null, undefined, 'malformed'],
    ['address_refused', organizationId, elsewhere.id, undefined],
  ])
  record.mockRestore()
})

test('refusing a key takes as long however much of it is right', async () => {
  const { key } = await harness.issueKey({})
  const authenticator = createPlatformKeyAuthenticator({
    ...harness.deps,
    cache: { find: async (hash) => (await harness.deps.platformKeys.find(hash)) ?? null },
  })
  const facts = { id: 'req', address: '127.0.0.1', userAgent: '' }
  const early = createPlatformKeyToken().reveal()
  const late = createLookAlike(key)
  const rounds = testSize(4_000, 40_000)
  const times: Record<'early' | 'late', number[]> = { early: [], late: [] }
  for (let round = 0; round < rounds; round++) {
    for (const [name, token] of round % 2
      ? ([
          ['early', early],
          ['late', late],
        ] as const)
      : ([
          ['late', late],
          ['early', early],
        ] as const)) {
      const started = performance.now()
      await authenticator.authenticate({ bearer: new Secret(token), cookie: null }, facts)
      times[name].push(performance.now() - started)
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0
  expect(median(times.late) / median(times.early)).toBeGreaterThan(0.6)
  expect(median(times.late) / median(times.early)).toBeLessThan(1.67)
})

/** All but the last random character of the real key, with a checksum of its own. */
function createLookAlike(key: string): string {
  const wanted = key.slice(8, 71)
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const last = key.charAt(71) === 'a' ? 'b' : 'a'
  return createPlatformKeyToken((bytes) =>
    bytes.forEach((_, index) => {
      bytes[index] = alphabet.indexOf((wanted + last).charAt(index))
    }),
  ).reveal()
}
