import { PlatformKeyUsage } from '@keylease/shared/contracts/platform-keys'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createTestClock } from '../../test/clock'
import { factories } from '../../test/factories'
import { createHarness, type Harness } from '../../test/harness'
import { inTenantSql } from './tenancy'

const clock = createTestClock()
const base = '/api/v1/platform/api-keys'
let harness: Harness

beforeAll(async () => {
  harness = await createHarness({}, clock)
})
afterAll(() => harness.close())

const call = (token: string, path = '/api/v1/projects', address = '127.0.0.1') => harness.request('GET', path, { token, address })

async function readUsage(id: string): Promise<PlatformKeyUsage> {
  return PlatformKeyUsage.parse(await (await harness.request('GET', `${base}/${id}/usage`)).json())
}

test('requests, errors and refusals are counted by day, with the last use and its address', async () => {
  const { id, key } = await harness.issueKey({})
  for (const path of ['/api/v1/projects', '/api/v1/projects?limit=0', '/metrics', '/api/v1/audit-of-nothing'])
    await call(key, path, '203.0.113.7')
  await harness.request('POST', '/api/v1/projects', { token: key, body: { name: 'a' }, address: '198.51.100.1' })
  await harness.deps.keyUsage.flush()
  const first = await readUsage(id)
  expect(first.totals).toEqual({ requests: 4, errors: 1, refusals: 1 })
  expect(first.lastUsedAddress).toBe('203.0.113.7')
  expect(first.days).toHaveLength(30)

  clock.advance(86_400_000)
  await call(key)
  await harness.deps.keyUsage.flush()
  const second = await readUsage(id)
  expect(second.totals).toEqual({ requests: 5, errors: 1, refusals: 1 })
  expect(second.days.slice(-2).map((day) => day.requests)).toEqual([4, 1])
  expect(second.days.at(-1)?.day).toBe(clock.now().toISOString().slice(0, 10))
  expect(second.lastUsedAddress).toBe('127.0.0.1')
  clock.advance(40 * 86_400_000)
  expect(await readUsage(id)).toMatchObject({ totals: { requests: 5 }, days: expect.not.arrayContaining([{ requests: 1 }]) })
})

test('a refused use of a key that ended is counted and is no use of it', async () => {
  const { id, key } = await harness.issueKey({})
  await harness.request('DELETE', `${base}/${id}`)
  expect((await call(key)).status).toBe(401)
  await harness.deps.keyUsage.flush()
  expect(await readUsage(id)).toMatchObject({ lastUsedAt: null, totals: { requests: 1, errors: 0, refusals: 1 } })
})

test("the use of an agent's key is the use of the agent", async () => {
  const agentId = (await factories.agent?.(harness, harness.token)) ?? ''
  const { key } = await harness.issueKey({ agentId })
  await call(key, '/api/v1/projects', '203.0.113.9')
  await harness.deps.keyUsage.flush()
  const found = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query('SELECT last_used_address FROM agent WHERE id = $1', [agentId]),
  )
  expect(found.rows).toEqual([{ last_used_address: '203.0.113.9' }])
})

test('a flush that fails changes no answer, and its counts come with the next one', async () => {
  const { id, key } = await harness.issueKey({})
  const away = vi.spyOn(harness.deps.db.systemPool, 'connect').mockImplementation(() => {
    throw new Error('the pool is gone')
  })
  for (let round = 0; round < 3; round++) {
    expect((await call(key)).status).toBe(200)
    await harness.deps.keyUsage.flush()
  }
  away.mockRestore()
  expect((await readUsage(id)).totals.requests).toBe(0)
  await harness.deps.keyUsage.flush()
  expect((await readUsage(id)).totals.requests).toBe(3)
})

test('a key that is locked holds up no flush, and no request waits for one', async () => {
  const { id, key } = await harness.issueKey({})
  const holder = await harness.deps.db.systemPool.connect()
  await holder.query('BEGIN')
  await holder.query(`SELECT set_config('keylease.organization_id', $1, true)`, [harness.organizationId])
  await holder.query('SELECT FROM platform_key WHERE id = $1 FOR NO KEY UPDATE', [id])
  expect((await call(key)).status).toBe(200)
  await harness.deps.keyUsage.flush()
  await holder.query('ROLLBACK')
  holder.release()
  expect(await readUsage(id)).toMatchObject({ lastUsedAt: null, totals: { requests: 1 } })
})

test('replicas that flush at once lose and double nothing', async () => {
  const other = await harness.openReplica()
  const keys = await Promise.all(Array.from({ length: 10 }, () => harness.issueKey({})))
  for (let round = 0; round < 5; round++) {
    await Promise.all(keys.flatMap(({ key }) => [harness, other].map((one) => one.request('GET', '/api/v1/projects', { token: key }))))
    await Promise.all([harness.deps.keyUsage.flush(), other.deps.keyUsage.flush()])
  }
  await other.deps.keyUsage.flush()
  await harness.deps.keyUsage.flush()
  const usages = await Promise.all(keys.map(({ id }) => readUsage(id)))
  expect(usages.map(({ totals }) => totals.requests)).toEqual(keys.map(() => 10))
  await other.close()
})

test('a process that stops writes what it counted', async () => {
  const { id, key } = await harness.issueKey({})
  const other = await harness.openReplica()
  other.deps.keyUsage.start()
  await other.request('GET', '/api/v1/projects', { token: key })
  await other.deps.keyUsage.stop()
  await other.close()
  expect((await readUsage(id)).totals.requests).toBe(1)
})
