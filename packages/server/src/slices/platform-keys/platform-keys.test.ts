import { IssuedPlatformKey, PlatformKey, PlatformKeyPage } from '@keylease/shared/contracts/platform-keys'
import { isWellFormed } from '@keylease/shared/platform-key'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { factories } from '../../../test/factories'
import { createHarness, type Harness } from '../../../test/harness'

const clock = createTestClock()
const base = '/api/v1/platform/api-keys'
let harness: Harness

beforeAll(async () => {
  harness = await createHarness({}, clock)
})
afterAll(() => harness.close())

const use = async (token: string) => (await harness.request('GET', '/api/v1/projects', { token })).status
const errorOf = async (response: Response) => ((await response.json()) as { error: { code: string; message: string } }).error

async function create(body: object, token?: string): Promise<IssuedPlatformKey> {
  const response = await harness.request('POST', base, { body: { name: 'test', scopes: ['read'], ...body }, ...(token ? { token } : {}) })
  expect(response.status, await response.clone().text()).toBe(201)
  return IssuedPlatformKey.parse(await response.json())
}

async function regenerate(id: string, overlapSeconds: number): Promise<string> {
  const response = await harness.request('POST', `${base}/${id}/regenerate`, { body: { overlapSeconds } })
  return IssuedPlatformKey.parse(await response.json()).key
}

test('a new key works at once, and only its prefix is ever shown again', async () => {
  const issued = await create({})
  expect(isWellFormed(issued.key)).toBe(true)
  expect(await use(issued.key)).toBe(200)
  const shown = await (await harness.request('GET', `${base}/${issued.id}`)).json()
  expect(PlatformKey.strict().parse(shown)).toMatchObject({ prefix: issued.key.slice(0, 14), status: 'active', createdBy: 'bootstrap' })
})

test('a regenerated key leaves the old one good until the overlap ends, and not a moment longer', async () => {
  const { id, key: first } = await create({})
  const second = await regenerate(id, 3_600)
  expect([await use(first), await use(second)]).toEqual([200, 200])
  clock.advance(3_601_000)
  expect([await use(first), await use(second)]).toEqual([401, 200])
})

test('a key regenerated twice keeps each earlier one to its own end, and an overlap of 0 ends them all', async () => {
  const { id, key: first } = await create({})
  const second = await regenerate(id, 60)
  const third = await regenerate(id, 600)
  expect([await use(first), await use(second), await use(third)]).toEqual([200, 200, 200])
  clock.advance(61_000)
  expect([await use(first), await use(second), await use(third)]).toEqual([401, 200, 200])
  const last = await regenerate(id, 0)
  expect([await use(second), await use(third), await use(last)]).toEqual([401, 401, 200])
})

test('a key expires by the clock, without anything being written', async () => {
  const { id, key } = await create({ expiresAt: new Date(clock.now().getTime() + 60_000).toISOString() })
  expect(await use(key)).toBe(200)
  clock.advance(61_000)
  expect(await use(key)).toBe(401)
  const regenerated = await harness.request('POST', `${base}/${id}/regenerate`, { body: {} })
  expect([regenerated.status, (await errorOf(regenerated)).code]).toEqual([409, 'key_not_usable'])
})

test('the end of a key moves earlier and never later', async () => {
  const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1_000).toISOString()
  const { id } = await create({ expiresAt: inSeconds(600) })
  const patch = (expiresAt: string) => harness.request('PATCH', `${base}/${id}`, { body: { expiresAt } })
  expect((await patch(inSeconds(300))).status).toBe(200)
  for (const expiresAt of [inSeconds(400), inSeconds(-1)]) {
    const refused = await patch(expiresAt)
    expect([refused.status, (await errorOf(refused)).message]).toEqual([
      400,
      expect.stringMatching(/^The request is not valid: expiresAt /),
    ])
  }
})

test('a revoked key is refused at once and for good; revoking it again changes nothing', async () => {
  const { id, key } = await create({})
  const overlapping = await regenerate(id, 3_600)
  expect([await use(key), await use(overlapping)]).toEqual([200, 200])
  expect((await harness.request('DELETE', `${base}/${id}`)).status).toBe(204)
  expect([await use(key), await use(overlapping)]).toEqual([401, 401])
  const before = await (await harness.request('GET', `${base}/${id}`)).json()
  expect((await harness.request('DELETE', `${base}/${id}`)).status).toBe(204)
  expect(await (await harness.request('GET', `${base}/${id}`)).json()).toEqual(before)
  for (const [method, path, body] of [
    ['PATCH', '', { name: 'again' }],
    ['POST', '/regenerate', { overlapSeconds: 0 }],
  ] as const) {
    expect((await errorOf(await harness.request(method, `${base}/${id}${path}`, { body }))).message).toContain('was revoked')
  }
})

test('of many who regenerate at once each gets a key, and exactly one of them stays', async () => {
  const { id } = await create({})
  const keys = await Promise.all(Array.from({ length: 8 }, () => regenerate(id, 0)))
  const statuses = await Promise.all(keys.map(use))
  expect(statuses.filter((status) => status === 200)).toHaveLength(1)
})

test('addresses are kept in canonical form and decide from the next request on', async () => {
  const { id, key, addresses } = await create({ addresses: ['127.0.0.1', '10.1.2.3/8', '::ffff:10.0.0.0/104', '2001:DB8:0::1/32'] })
  expect(addresses).toEqual(['127.0.0.1/32', '10.0.0.0/8', '2001:db8::/32'])
  expect(await use(key)).toBe(200)
  expect((await harness.request('PATCH', `${base}/${id}`, { body: { addresses: ['10.0.0.0/8'] } })).status).toBe(200)
  const refused = await harness.request('GET', '/api/v1/projects', { token: key })
  expect([refused.status, (await errorOf(refused)).code]).toEqual([403, 'address_refused'])
  expect((await harness.request('GET', '/api/v1/projects', { token: key, address: '::ffff:10.9.9.9' })).status).toBe(200)
  const wrong = await harness.request('POST', base, { body: { name: 'x', scopes: ['read'], addresses: ['10.0.0.0/8', '010.0.0.1'] } })
  expect((await errorOf(wrong)).message).toContain('addresses.1 must be an address or a network')
})

test('a key keeps its own limit over reads and writes together', async () => {
  const { key } = await create({ scopes: ['write'], requestsPerMinute: 3 })
  const statuses = []
  for (const method of ['GET', 'POST', 'GET', 'POST']) {
    const response = await harness.request(method, '/api/v1/projects', {
      token: key,
      ...(method === 'POST' ? { body: { name: 'a' } } : {}),
    })
    statuses.push(response.status)
    expect(response.headers.get('ratelimit-limit')).toBe('3')
  }
  expect(statuses).toEqual([200, 201, 200, 429])
  clock.advance(60_000)
  expect(await use(key)).toBe(200)
})

test('the list is filtered by text, scope, agent and status, newest first, page by page', async () => {
  const tenant = await harness.createTenant()
  const owner = harness.createCredential({ organizationId: tenant, role: 'owner' })
  const agentId = (await factories.agent?.(harness, owner)) ?? ''
  const bot = await create({ name: 'bot 100%', scopes: ['lease'], agentId }, owner)
  const reader = await create({ name: 'reader' }, owner)
  const short = await create({ name: 'short', expiresAt: new Date(clock.now().getTime() + 1_000).toISOString() }, owner)
  const gone = await create({ name: 'gone' }, owner)
  await harness.request('DELETE', `${base}/${gone.id}`, { token: owner })
  clock.advance(2_000)
  const list = async (query: string) => {
    const page = PlatformKeyPage.parse(await (await harness.request('GET', `${base}?${query}`, { token: owner })).json())
    return { ids: page.items.map((item) => item.id), total: page.total, next: page.nextCursor }
  }
  expect((await list('')).ids).toEqual([gone.id, short.id, reader.id, bot.id])
  expect((await list('search=100%25')).ids).toEqual([bot.id])
  expect((await list(`search=${reader.prefix}`)).ids).toEqual([reader.id])
  expect((await list('scope=lease')).ids).toEqual([bot.id])
  expect((await list(`agentId=${agentId}`)).ids).toEqual([bot.id])
  expect((await list('status=active')).ids).toEqual([reader.id, bot.id])
  expect((await list('status=expired')).ids).toEqual([short.id])
  expect((await list('status=revoked')).ids).toEqual([gone.id])
  const first = await list('limit=3')
  expect(first).toMatchObject({ total: 4, ids: [gone.id, short.id, reader.id] })
  expect((await list(`limit=3&cursor=${first.next}`)).ids).toEqual([bot.id])
})
