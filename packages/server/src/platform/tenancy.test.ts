import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, runOnce, type TestDatabase } from '../../test/database'
import { testSize } from '../../test/size'
import { inTenant, inTenantSql, isLockTimeout } from './tenancy'

let database: TestDatabase
let mine: string
let other: string
let otherProject: string

beforeAll(async () => {
  database = await createTestDatabase({ app: 2 })
  mine = await createTenant()
  other = await createTenant()
  otherProject = newId('project')
  await inTenant(database.db, other, (tx) => tx.project.create({ data: projectOf(other, otherProject) }))
})
afterAll(() => database.close())

async function createTenant(): Promise<string> {
  const id = newId('organization')
  await inTenant(database.db, id, (tx) => tx.organization.create({ data: { id, name: id } }))
  return id
}

const projectOf = (organizationId: string, id = newId('project')) => ({
  organizationId,
  id,
  name: organizationId,
  environment: 'development',
})
const refusedByRowSecurity = /row-level security/

test('two connections serve thousands of interleaved tenants, and none sees another', async () => {
  const { db } = database
  const tenants = await Promise.all(Array.from({ length: testSize(40, 200) }, createTenant))
  const foreign: string[] = []
  let own = 0
  const rounds = testSize(3_000, 50_000)
  const select = 'SELECT organization_id AS "organizationId" FROM project LIMIT 50'

  const visit = async (round: number) => {
    const tenant = tenants[(round * 7919) % tenants.length] ?? mine
    const note = (rows: { organizationId: string }[], allowed: string | null = tenant) => {
      own += rows.filter((row) => row.organizationId === allowed).length
      foreign.push(...rows.filter((row) => row.organizationId !== allowed).map((row) => row.organizationId))
    }
    const kinds = [
      () => inTenant(db, tenant, (tx) => tx.project.create({ data: projectOf(tenant) })),
      () => inTenant(db, tenant, async (tx) => note(await tx.project.findMany({ take: 50 }))),
      () => inTenant(db, tenant, async (tx) => note(await tx.$queryRawUnsafe(select))),
      () => inTenantSql(db.appPool, tenant, async (client) => note((await client.query(select)).rows)),
      async () => note((await db.appPool.query(select)).rows, null),
      async () => note(await db.app.project.findMany({ take: 50 }), null),
      () => expectFailure(inTenant(db, tenant, () => Promise.reject(new Error('rolled back')))),
      () => expectFailure(inTenant(db, tenant, (tx) => tx.$queryRaw`SELECT 1/0`)),
      () => expectFailure(inTenantSql(db.appPool, tenant, (client) => client.query('SELECT nothing FROM nowhere'))),
    ]
    await kinds[round % kinds.length]?.()
  }

  let next = 0
  const walk = async () => {
    while (next < rounds) await visit(next++)
  }
  await Promise.all(Array.from({ length: 12 }, walk))
  expect(foreign).toEqual([])
  expect(own).toBeGreaterThan(rounds)
  expect(db.appPool.totalCount).toBeLessThanOrEqual(2)
})

const expectFailure = async (work: Promise<unknown>) => void (await expect(work).rejects.toThrow())

test('a query that forgot its tenant sees nothing and writes nothing', async () => {
  const { db } = database
  expect(await db.app.project.findMany()).toEqual([])
  expect((await db.appPool.query('SELECT * FROM organization')).rows).toEqual([])
  expect((await db.appPool.query('UPDATE project SET name = $1', ['taken'])).rowCount).toBe(0)
  await expect(db.app.project.create({ data: projectOf(other) })).rejects.toThrow(refusedByRowSecurity)
})

test('a tenant cannot read, change, remove, insert or move a row across tenants', async () => {
  const { db } = database
  const own = newId('project')
  await inTenant(db, mine, (tx) => tx.project.create({ data: projectOf(mine, own) }))
  const where = { organizationId_id: { organizationId: other, id: otherProject } }
  expect(await inTenant(db, mine, (tx) => tx.project.findUnique({ where }))).toBeNull()
  expect((await inTenant(db, mine, (tx) => tx.project.updateMany({ where: { id: otherProject }, data: { name: 'taken' } }))).count).toBe(0)
  expect((await inTenant(db, mine, (tx) => tx.project.deleteMany({ where: { id: otherProject } }))).count).toBe(0)
  await expect(inTenant(db, mine, (tx) => tx.project.create({ data: projectOf(other) }))).rejects.toThrow(refusedByRowSecurity)
  await expect(
    inTenantSql(db.appPool, mine, (client) => client.query('UPDATE project SET organization_id = $1 WHERE id = $2', [other, own])),
  ).rejects.toThrow(refusedByRowSecurity)
  expect(await inTenant(db, other, (tx) => tx.project.count())).toBe(1)
})

test('a tenant cannot point a row at a row of another, although foreign keys see past row security', async () => {
  const { db, urls } = database
  await runOnce(
    urls.owner,
    `CREATE TABLE child (organization_id text NOT NULL, id text NOT NULL, project_id text NOT NULL, PRIMARY KEY (organization_id, id),
       FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id));
     SELECT keylease_protect('child')`,
  )
  const insert = (organizationId: string, projectId: string) =>
    inTenantSql(db.appPool, mine, (client) =>
      client.query('INSERT INTO child VALUES ($1, $2, $3)', [organizationId, newId('project'), projectId]),
    )
  const own = newId('project')
  await inTenant(db, mine, (tx) => tx.project.create({ data: projectOf(mine, own) }))
  await insert(mine, own)
  await expect(insert(mine, otherProject)).rejects.toThrow(/violates foreign key constraint/)
  await expect(insert(other, otherProject)).rejects.toThrow(refusedByRowSecurity)
})

test('the tenant ends with its transaction, whichever way that ends', async () => {
  const { db } = database
  const tenantOf = async () =>
    (await db.appPool.query(`SELECT current_setting('keylease.organization_id', true) AS tenant`)).rows[0]?.tenant || null
  await inTenantSql(db.appPool, mine, async () => undefined)
  await inTenantSql(db.appPool, mine, () => Promise.reject(new Error('no'))).catch(() => undefined)
  await inTenant(db, mine, () => Promise.reject(new Error('no'))).catch(() => undefined)
  await inTenant(db, mine, (tx) => tx.$queryRaw`SELECT pg_sleep(0.4)`, { timeoutMs: 100 }).catch(() => undefined)
  expect(await Promise.all([tenantOf(), tenantOf(), tenantOf()])).toEqual([null, null, null])
})

test('a failed statement that was caught and forgotten still fails the transaction', async () => {
  const forgetful = inTenantSql(database.db.appPool, mine, async (client) => {
    await client.query('INSERT INTO project (organization_id, id, name, environment) VALUES ($1, $2, $3, $4)', [
      mine,
      newId('project'),
      'lost',
      'staging',
    ])
    await client.query('SELECT 1/0').catch(() => undefined)
  })
  await expect(forgetful).rejects.toThrow(/was rolled back because one of its statements failed/)
})

test('what is no organization id never becomes a tenant', async () => {
  for (const text of ['', 'org_', newId('project'), `${mine}'`, mine.toUpperCase()]) {
    await expect(inTenant(database.db, text, async () => 1)).rejects.toThrow(TypeError)
    await expect(inTenantSql(database.db.appPool, text, async () => 1)).rejects.toThrow(TypeError)
  }
})

test('a lock that is waited for too long is recognised through Prisma and through pg', async () => {
  const { db } = database
  const locked = await inTenantSql(db.systemPool, mine, async (client) => {
    await client.query('SELECT * FROM organization FOR UPDATE')
    const viaPrisma = inTenant(db, mine, async (tx) => {
      await tx.$executeRaw`SET LOCAL lock_timeout = '50ms'`
      await tx.$queryRaw`SELECT * FROM organization FOR UPDATE`
    })
    const viaPg = inTenantSql(db.appPool, mine, async (other) => {
      await other.query(`SET LOCAL lock_timeout = '50ms'`)
      await other.query('SELECT * FROM organization FOR UPDATE')
    })
    return Promise.allSettled([viaPrisma, viaPg])
  })
  expect(locked.map((result) => result.status === 'rejected' && isLockTimeout(result.reason))).toEqual([true, true])
  expect(isLockTimeout(new Error('other'))).toBe(false)
})
