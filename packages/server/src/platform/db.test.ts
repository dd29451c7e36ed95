import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, runOnce, silentLog, type TestDatabase } from '../../test/database'
import { createProxy } from '../../test/proxy'
import { createDatabase, isDatabaseAway } from './db'
import { moveLogin } from './postgres/url'
import { inTenant, inTenantSql } from './tenancy'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

test('Postgres may go away in the middle of everything and come back, and the same pools go on', async () => {
  const proxy = await createProxy(database.urls.app)
  const { owner, app, auth, system } = database.urls
  const through = (url: string) => moveLogin(proxy.url, url)
  const db = createDatabase({ owner: through(owner), app: through(app), auth: through(auth), system: through(system) }, silentLog)
  const organizationId = newId('organization')
  await inTenant(db, organizationId, (tx) => tx.organization.create({ data: { id: organizationId, name: 'a' } }))

  const inFlight = [
    inTenant(db, organizationId, (tx) => tx.$queryRaw`SELECT pg_sleep(30)`),
    inTenantSql(db.systemPool, organizationId, (client) => client.query('SELECT pg_sleep(30)')),
    db.authPool.query('SELECT pg_sleep(30)'),
  ]
  const outcomes = Promise.allSettled(inFlight)
  const sleeping = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
  await expect.poll(async () => (await runOnce(database.superuserUrl, sleeping)).rowCount).toBe(3)
  await proxy.cut()
  for (const outcome of await outcomes) expect(outcome.status === 'rejected' && isDatabaseAway(outcome.reason), String(outcome)).toBe(true)

  const whileAway = await Promise.allSettled([
    db.app.organization.findMany(),
    inTenant(db, organizationId, (tx) => tx.organization.findMany()),
    inTenantSql(db.appPool, organizationId, (client) => client.query('SELECT 1')),
    db.connectDirect(),
  ])
  expect(whileAway.map((outcome) => outcome.status === 'rejected' && isDatabaseAway(outcome.reason))).toEqual([true, true, true, true])

  await proxy.restore()
  expect(await inTenant(db, organizationId, (tx) => tx.organization.count())).toBe(1)
  expect((await db.systemPool.query('SELECT count(*)::integer AS n FROM organization')).rows).toEqual([{ n: 1 }])
  await db.close()
  await proxy.close()
})

test('connections that the server ends while they idle are replaced', async () => {
  const { db, superuserUrl } = database
  await Promise.all([db.appPool.query('SELECT 1'), db.authPool.query('SELECT 1')])
  await runOnce(
    superuserUrl,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'keylease-%'`,
  )
  await expect.poll(() => db.appPool.totalCount + db.authPool.totalCount).toBe(0)
  expect((await db.appPool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a connection that is lost while its holder does something else ends the work and not the process', async () => {
  const { db, superuserUrl } = database
  const work = inTenantSql(db.systemPool, newId('organization'), async (client) => {
    const lost = new Promise((resolve) => client.once('end', resolve))
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await runOnce(superuserUrl, `SELECT pg_terminate_backend(${rows[0]?.pid})`)
    await lost
    await client.query('SELECT 1')
  })
  await expect(work).rejects.toSatisfy(isDatabaseAway)
  expect((await db.systemPool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('only what waiting can mend counts as the database being away', async () => {
  const { db } = database
  const own = [
    db.appPool.query('SELECT 1/0'),
    db.appPool.query('SELECT * FROM keyring'),
    db.app.organization.create({ data: { id: 'x', name: 'y' } }),
    db.app.$queryRaw`SELECT nothing FROM nowhere`,
  ]
  for (const outcome of await Promise.allSettled(own)) expect(outcome.status === 'rejected' && !isDatabaseAway(outcome.reason)).toBe(true)
  for (const error of [null, 'ECONNREFUSED', new Error('other'), { code: 'P2002' }, { code: '23505' }])
    expect(isDatabaseAway(error)).toBe(false)
  for (const code of ['57P01', '57P03', '08006', '08P01', '53100', '53300', 'ECONNREFUSED', 'EPIPE', 'P1001', 'P1017'])
    expect(isDatabaseAway({ code })).toBe(true)
  expect(isDatabaseAway(new Error('outer', { cause: { code: 'ECONNRESET' } }))).toBe(true)
})

test('a direct connection reaches the direct server as keylease_system', async () => {
  const proxy = await createProxy(database.urls.owner)
  const db = createDatabase({ ...database.urls, direct: proxy.url }, silentLog)
  const client = await db.connectDirect()
  expect((await client.query('SELECT current_user AS me')).rows).toEqual([{ me: 'keylease_system' }])
  await proxy.cut()
  await expect(db.connectDirect()).rejects.toSatisfy(isDatabaseAway)
  await client.end()
  await db.close()
})
