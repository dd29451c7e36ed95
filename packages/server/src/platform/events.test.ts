import { newId } from '@keylease/shared/ids'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, runOnce, silentLog, type TestDatabase } from '../../test/database'
import { createProxy } from '../../test/proxy'
import type { Clock } from './clock'
import { createDatabase } from './db'
import { createEvents, type Events, recordChange, recordChangeSql } from './events'
import { moveLogin } from './postgres/url'
import { inTenant, inTenantSql } from './tenancy'

let database: TestDatabase
let organizationId: string
let aheadMs: number
const clock: Clock = { now: () => new Date(Date.now() + aheadMs), monotonicMs: () => performance.now() }
const started: Events[] = []

beforeEach(async () => {
  database = await createTestDatabase()
  organizationId = newId('organization')
  aheadMs = 0
})

afterEach(async () => {
  for (const events of started.splice(0)) await events.stop()
  await database.close()
})

async function follow(
  db: Parameters<typeof createEvents>[0] = database.db,
): Promise<{ events: Events; seen: unknown[]; reloads: () => number }> {
  const events = createEvents(db, clock, silentLog)
  const seen: unknown[] = []
  let reloads = 0
  events.on('test', (change) => seen.push(change.payload['n']))
  events.on('reload', () => reloads++)
  await events.start()
  started.push(events)
  return { events, seen, reloads: () => reloads }
}

const write = (n: unknown) =>
  inTenant(database.db, organizationId, (tx) => recordChange(tx, { organizationId, kind: 'test', payload: { n } }))

/** A writer that takes its id now and commits when it is told to. */
async function writeLate(n: number): Promise<{ commit(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.urls.app })
  await client.connect()
  await client.query('BEGIN')
  await client.query(`SELECT set_config('keylease.organization_id', $1, true)`, [organizationId])
  await recordChangeSql(client, { organizationId, kind: 'test', payload: { n } })
  return {
    commit: async () => {
      await client.query('COMMIT')
      await client.end()
    },
  }
}

test('a change reaches its followers once it commits, within the NOTIFY and not the poll', async () => {
  const { seen } = await follow()
  const startedAt = performance.now()
  await write(1)
  await expect.poll(() => seen, { interval: 5 }).toEqual([1])
  await write(2)
  await write(3)
  await expect.poll(() => seen, { interval: 5 }).toEqual([1, 2, 3])
  expect(performance.now() - startedAt).toBeLessThan(900)
})

test('a change is heard only if what it tells of was committed', async () => {
  const { seen } = await follow()
  const failed = inTenant(database.db, organizationId, async (tx) => {
    await recordChange(tx, { organizationId, kind: 'test', payload: { n: 'never' } })
    throw new Error('rolled back')
  })
  await expect(failed).rejects.toThrow('rolled back')
  await inTenantSql(database.db.appPool, organizationId, (client) =>
    recordChangeSql(client, { organizationId, kind: 'test', payload: { n: 'sql' } }),
  )
  await expect.poll(() => seen).toEqual(['sql'])
})

test('a writer that commits late is heard although its id is lower than what was already read', async () => {
  const early = await writeLate(0)
  const { seen } = await follow()
  const late = await writeLate(1)
  await write(2)
  await expect.poll(() => seen).toEqual([2])
  await early.commit()
  await expect.poll(() => seen).toEqual([2, 0])
  await write(3)
  await expect.poll(() => seen).toEqual([2, 0, 3])
  await late.commit()
  await expect.poll(() => seen).toEqual([2, 0, 3, 1])
})

test('nothing is told twice and nothing is lost, however many write at once', async () => {
  const { seen } = await follow()
  const numbers = Array.from({ length: 300 }, (_, n) => n)
  await Promise.all(numbers.map(write))
  await write('last')
  await expect.poll(() => seen.includes('last'), { timeout: 10_000 }).toBe(true)
  expect(seen.toSorted((a, b) => Number(a) - Number(b)).filter((n) => n !== 'last')).toEqual(numbers)
})

test('what was committed before the start is not replayed', async () => {
  await write('old')
  const { seen, reloads } = await follow()
  await write('new')
  await expect.poll(() => seen).toEqual(['new'])
  expect(reloads()).toBe(0)
})

test('a lost NOTIFY is healed by the poll', async () => {
  const { seen } = await follow()
  await inTenantSql(database.db.appPool, organizationId, (client) =>
    client.query(`INSERT INTO change (organization_id, kind, payload) VALUES ($1, 'test', '{"n":"silent"}')`, [organizationId]),
  )
  await expect.poll(() => seen, { timeout: 3_000 }).toEqual(['silent'])
})

test('the feed goes on after its connections were killed, and NOTIFY works again', async () => {
  const { seen } = await follow()
  const listening = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'keylease-direct' AND query LIKE 'LISTEN%'`
  const pidOf = async () => (await database.db.systemPool.query(`SELECT pid ${listening}`)).rows[0]?.pid as number | undefined
  await expect.poll(pidOf).toBeDefined()
  const before = await pidOf()
  await database.db.systemPool.query(`SELECT pg_terminate_backend(pid) ${listening}`)
  await write(1)
  await expect.poll(() => seen).toEqual([1])
  await expect.poll(async () => [undefined, before].includes(await pidOf()), { timeout: 5_000 }).toBe(false)
  await write(2)
  await expect.poll(() => seen).toEqual([1, 2])
})

test('a feed that lost the database tells its followers to reload, and delivers what it missed', async () => {
  const proxy = await createProxy(database.urls.system)
  const system = moveLogin(proxy.url, database.urls.system)
  const db = createDatabase({ ...database.urls, system }, silentLog)
  const { events, seen, reloads } = await follow(db)
  await proxy.cut()
  await write('meanwhile')
  await expect.poll(() => events.lagMs(), { timeout: 5_000 }).toBeGreaterThan(1_500)
  await proxy.restore()
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['meanwhile'])
  expect(reloads()).toBeGreaterThan(0)
  expect(events.lagMs()).toBeLessThan(1_500)
  await events.stop()
  await db.close()
  await proxy.close()
})

test('a reader older than the rows live tells everybody to reload', async () => {
  const { seen, reloads } = await follow()
  aheadMs = 15 * 60_000
  await expect.poll(reloads, { timeout: 3_000 }).toBe(1)
  await write('next')
  await expect.poll(() => seen).toEqual(['next'])
})

test('a handler that throws or rejects stops neither the feed nor its neighbours', async () => {
  const { events, seen } = await follow()
  events.on('test', () => {
    throw new Error('thrown')
  })
  events.on('test', () => Promise.reject(new Error('rejected')))
  const stop = events.on('test', () => seen.push('neighbour'))
  await write(1)
  await expect.poll(() => seen).toEqual([1, 'neighbour'])
  stop()
  await write(2)
  await expect.poll(() => seen).toEqual([1, 'neighbour', 2])
})

test('a stopped feed leaves no connection and can start again', async () => {
  const { events, seen } = await follow()
  await events.stop()
  const direct = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'keylease-direct'`
  await expect.poll(async () => (await runOnce(database.superuserUrl, direct)).rowCount).toBe(0)
  await events.start()
  await write('again')
  await expect.poll(() => seen).toEqual(['again'])
})
