import { afterAll, beforeAll, expect, it } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { ensurePartitions } from '../postgres/partitions'
import { inTenantSql } from '../tenancy'
import { checkpointAll } from './batcher'
import { createAuditSigner } from './checkpoint'
import { dropExpiredAudit } from './retention'

const dayMs = 86_400_000
let harness: Harness
let now = new Date()
const clock = { now: () => now, monotonicMs: () => now.getTime() }

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const room = () => ({ ...harness.deps, clock, signer: createAuditSigner(harness.deps.keyring.current('audit')) })

function count(table: string): Promise<number> {
  return inTenantSql(harness.deps.db.systemPool, harness.organizationId, async (client) => {
    const found = await client.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table} WHERE organization_id = $1`, [
      harness.organizationId,
    ])
    return found.rows[0]?.count ?? 0
  })
}

it('months that nobody keeps any longer go whole once they are proven; their roots stay, and with them every later proof', async () => {
  await harness.request('POST', '/api/v1/projects', { body: { name: 'old' } })
  await harness.request('POST', '/api/v1/projects', { token: 'unknown-credential-0123456789', body: {} })
  await harness.deps.security.flush()
  expect(await dropExpiredAudit({ ...harness.deps, clock })).toEqual([])

  now = new Date(Date.now() + 500 * dayMs)
  await ensurePartitions(harness.deps.db.ownerPool, now)
  expect((await dropExpiredAudit(room())).length).toBeGreaterThan(0)
  expect(await count('audit_entry'), 'unproven entries stay').toBe(1)
  expect(harness.logLines.join('')).toContain('have no checkpoint yet')

  await checkpointAll(room())
  expect((await dropExpiredAudit(room())).length).toBeGreaterThan(0)
  expect([await count('audit_entry'), await count('audit_personal'), await count('security_event')]).toEqual([0, 0, 0])
  expect([await count('audit_leaf'), await count('audit_checkpoint')]).toEqual([1, 1])
  expect(await dropExpiredAudit(room())).toEqual([])
})

it('the longest retention of any organization decides', async () => {
  const tenant = await harness.createTenant()
  now = new Date(Date.now() + 900 * dayMs)
  await ensurePartitions(harness.deps.db.ownerPool, now)
  const months = async () =>
    (await harness.deps.db.ownerPool.query(`SELECT FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass`)).rowCount ?? 0
  await inTenantSql(harness.deps.db.systemPool, tenant, (client) =>
    client.query('UPDATE organization SET audit_retention_days = 1000 WHERE id = $1', [tenant]),
  )
  const before = await months()
  expect(await dropExpiredAudit(room())).toEqual([])
  await inTenantSql(harness.deps.db.systemPool, tenant, (client) =>
    client.query('UPDATE organization SET audit_retention_days = 400 WHERE id = $1', [tenant]),
  )
  expect((await dropExpiredAudit(room())).length).toBe(before - (await months()))
})
