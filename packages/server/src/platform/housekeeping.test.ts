import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/database'
import { systemClock } from './clock'
import { removeExpired } from './housekeeping'
import { createReplicas } from './replicas'
import { inTenant, inTenantSql } from './tenancy'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

test('what has outlived its time goes, in every tenant, and nothing else', async () => {
  const { db } = database
  const tenants = [newId('organization'), newId('organization')]
  for (const id of tenants) {
    await inTenant(db, id, (tx) => tx.organization.create({ data: { id, name: id } }))
    await inTenantSql(db.systemPool, id, async (client) => {
      await client.query(
        `INSERT INTO change (organization_id, kind, created_at) VALUES ($1, 'old', now() - interval '16 minutes'), ($1, 'new', now() - interval '14 minutes')`,
        [id],
      )
      await client.query(
        `INSERT INTO idempotency (organization_id, actor_id, route, key, request_hash, sealed_response, created_at) VALUES
           ($1, 'a', 'r', 'day-old', '', NULL, now() - interval '25 hours'), ($1, 'a', 'r', 'unsealed', '', 'x', now() - interval '11 minutes'),
           ($1, 'a', 'r', 'sealed', '', 'x', now() - interval '9 minutes')`,
        [id],
      )
    })
  }
  const orphan = newId('organization')
  await inTenantSql(db.systemPool, orphan, (client) =>
    client.query(`INSERT INTO change (organization_id, kind, created_at) VALUES ($1, 'old', now() - interval '1 day')`, [orphan]),
  )

  await removeExpired(db)

  expect((await db.systemPool.query('SELECT DISTINCT kind FROM change')).rows).toEqual([{ kind: 'new' }])
  for (const id of tenants) {
    const left = await inTenantSql(db.systemPool, id, (client) =>
      client.query('SELECT key, sealed_response IS NOT NULL AS sealed FROM idempotency ORDER BY key'),
    )
    expect(left.rows).toEqual([
      { key: 'sealed', sealed: true },
      { key: 'unsealed', sealed: false },
    ])
  }
})

test('of signing in only what can still be used stays', async () => {
  const { authPool } = database.db
  const [old, soon] = [`now() - interval '1 second'`, `now() + interval '1 minute'`]
  await authPool.query(`INSERT INTO "user" (id, name, email) VALUES ('usr', 'A person', 'a@example.com')`)
  await authPool.query(
    `INSERT INTO session (id, user_id, token, organization_id, expires_at) VALUES ('old', 'usr', 'a', 'org', ${old}), ('new', 'usr', 'b', 'org', ${soon})`,
  )
  await authPool.query(
    `INSERT INTO verification (id, identifier, value, expires_at) VALUES ('old', 'a', '', ${old}), ('new', 'b', '', ${soon})`,
  )
  await authPool.query(
    `INSERT INTO step_up (token_hash, session_id, endpoint, object, expires_at) VALUES ('old', 'new', '', '', ${old}), ('new', 'new', '', '', ${soon})`,
  )
  await authPool.query(`INSERT INTO totp_use VALUES ('usr', 'old', now() - interval '2 hours'), ('usr', 'new', now())`)
  await authPool.query(`INSERT INTO lockout VALUES ('old', 3, now() - interval '25 hours'), ('new', 3, now())`)
  await removeExpired(database.db)
  const left = await authPool.query(
    `SELECT id FROM session UNION ALL SELECT id FROM verification UNION ALL SELECT encode(token_hash, 'escape') FROM step_up
     UNION ALL SELECT encode(code_hash, 'escape') FROM totp_use UNION ALL SELECT encode(subject, 'escape') FROM lockout`,
  )
  expect(left.rows).toEqual(Array(5).fill({ id: 'new' }))
})

test('replicas count one another while they live, and the dead are forgotten', async () => {
  const { db } = database
  const [first, second] = [createReplicas(db, systemClock), createReplicas(db, systemClock)]
  expect(first.live()).toBe(1)
  await first.start()
  await second.start()
  expect(second.live()).toBe(2)
  await first.stop()
  await second.stop()
  const third = createReplicas(db, systemClock)
  await db.systemPool.query(
    `INSERT INTO replica (id, seen_at) VALUES ('dead', now() - interval '16 seconds'), ('long dead', now() - interval '2 minutes')`,
  )
  await third.start()
  expect(third.live()).toBe(1)
  await removeExpired(db)
  expect((await db.systemPool.query("SELECT id FROM replica WHERE seen_at < now() - interval '15 seconds'")).rows).toEqual([{ id: 'dead' }])
  await third.stop()
})
