import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { isDatabaseAway } from '../postgres/sql-state'
import { inTenantSql } from '../tenancy'
import { createAuditSigner } from './checkpoint'
import { findLastCheckpoint } from './checkpoint-rows'
import { type CheckpointThread, createCheckpointThread } from './checkpoint-thread'

const source = new URL('../../../test/source-checkpoint-worker.mjs', import.meta.url)
const dying = new URL('data:text/javascript,process.exit(1)')
let harness: Harness
const threads: CheckpointThread[] = []

beforeAll(async () => {
  harness = await createHarness()
})
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close()
})
afterAll(() => harness.close())

function open({ entry = source, url = String(harness.deps.db.systemPool.options.connectionString) } = {}): CheckpointThread {
  const { keyring, log } = harness.deps
  const thread = createCheckpointThread(entry, { url, key: keyring.current('audit'), log })
  threads.push(thread)
  return thread
}

async function createEntries(tenant: string, count: number): Promise<void> {
  const token = harness.createCredential({ organizationId: tenant, role: 'owner' })
  for (let i = 0; i < count; i++) await harness.request('POST', '/api/v1/projects', { token, body: { name: `project ${i}` } })
}

const findLast = (tenant: string) => inTenantSql(harness.deps.db.systemPool, tenant, (client) => findLastCheckpoint(client, tenant))

const countConnections = async () => {
  const sql = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'keylease-checkpoints' AND datname = current_database()`
  const found = await harness.deps.db.systemPool.query<{ count: number }>(sql)
  return found.rows[0]?.count
}

test('entries of every organization get their place under a root that the key of the service signed, each time they are asked for', async () => {
  const tenants = [await harness.createTenant(), await harness.createTenant()]
  const thread = open()
  const { publicKey } = createAuditSigner(harness.deps.keyring.current('audit'))
  for (const number of [1, 2]) {
    for (const tenant of tenants) await createEntries(tenant, 2)
    await thread.checkpointAll()
    for (const tenant of tenants) expect(await findLast(tenant)).toMatchObject({ number, publicKey })
  }
  expect(await countConnections()).toBe(1)
  await thread.close()
  await vi.waitFor(async () => expect(await countConnections()).toBe(0))
})

test('a database that is away is told as such, each time', async () => {
  const url = new URL(String(harness.deps.db.systemPool.options.connectionString))
  url.port = '1'
  const thread = open({ url: url.href })
  for (const _ of [1, 2]) expect(isDatabaseAway(await thread.checkpointAll().catch((error: unknown) => error))).toBe(true)
})

test('entries that vanished before their checkpoint are in the log of the service', async () => {
  const tenant = await harness.createTenant()
  await createEntries(tenant, 1)
  const { ownerPool } = harness.deps.db
  await ownerPool.query('ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY; ALTER TABLE audit_entry DISABLE TRIGGER append_only')
  await ownerPool.query('DELETE FROM audit_entry WHERE organization_id = $1', [tenant])
  await ownerPool.query('ALTER TABLE audit_entry ENABLE TRIGGER append_only; ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY')
  await open().checkpointAll()
  expect(harness.logLines.filter((line) => line.includes(tenant) && line.includes('vanished'))).toHaveLength(1)
})

test('a thread that dies is an error of its turn, and the next turn has another', async () => {
  const thread = open({ entry: dying })
  for (const _ of [1, 2]) await expect(thread.checkpointAll()).rejects.toThrow('the thread ended before it answered')
})
