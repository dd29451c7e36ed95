import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, runOnce, type TestDatabase } from '../../../test/database'
import { inTenantSql } from '../tenancy'
import { ensurePartitions } from './partitions'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

const future = new Date('2031-12-31T23:59:59Z')

test('replicas that start together make last month and yesterday to three months and three days on, each once', async () => {
  const made = await Promise.all(Array.from({ length: 4 }, () => ensurePartitions(database.db.ownerPool, future)))
  const months = ['2031_11', '2031_12', '2032_01', '2032_02', '2032_03'].map((month) => `audit_entry_${month}`)
  const days = ['2031_12_30', '2031_12_31', '2032_01_01', '2032_01_02', '2032_01_03']
  const daily = ['usage_event', 'usage_hour', 'usage_quarter'].flatMap((table) => days.map((day) => `${table}_${day}`))
  const expected = [...months, ...daily]
  expect(made.flat().sort()).toEqual(expected)
  expect(await ensurePartitions(database.db.ownerPool, future)).toEqual([])
})

test('the edges of a month have no gap, and entries there are still append-only and kept apart', async () => {
  const { db, urls } = database
  await ensurePartitions(db.ownerPool, future)
  const organizationId = newId('organization')
  const insert = (at: string) =>
    inTenantSql(db.appPool, organizationId, (client) =>
      client.query(
        `INSERT INTO audit_entry VALUES ($1, $2, $3, 'person', 'a', 'a', 'project.created', 'project', 'p', 'r', NULL, NULL, '', '')`,
        [organizationId, at, newId('auditEntry')],
      ),
    )
  for (const at of ['2031-11-01T00:00:00Z', '2031-11-30T23:59:59.999Z', '2031-12-01T00:00:00Z', '2032-03-31T23:59:59.999Z'])
    await insert(at)
  await expect(insert('2032-04-01T00:00:00Z')).rejects.toThrow(/no partition/)
  expect((await db.appPool.query('SELECT 1 FROM audit_entry')).rowCount).toBe(0)
  for (const pool of [db.appPool, db.systemPool, db.authPool]) {
    await expect(pool.query('SELECT 1 FROM audit_entry_2031_12')).rejects.toThrow(/permission denied/)
  }
  for (const change of ['DELETE FROM audit_entry', `UPDATE audit_entry SET action = 'x'`, 'TRUNCATE audit_entry']) {
    await expect(inTenantSql(db.appPool, organizationId, (client) => client.query(change))).rejects.toThrow(/permission denied/)
  }
  await expect(runOnce(urls.owner, 'TRUNCATE audit_entry')).rejects.toThrow(/append-only/)
})
