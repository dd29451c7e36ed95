import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { inTenantSql } from '../tenancy'
import { checkpointAll, checkpointOrganization } from './batcher'
import { type Checkpoint, createAuditSigner, firstPreviousRoot, isSignedCheckpoint } from './checkpoint'
import { type CheckpointRow, toCheckpoint } from './checkpoint-rows'
import { hashOf } from './leaf'
import { type LeafRow, listLeafRows } from './leaf-rows'
import { computeRoot } from './merkle'

let harness: Harness
let tenant: string
let token: string

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())
beforeEach(async () => {
  tenant = await harness.createTenant()
  token = harness.createCredential({ organizationId: tenant, role: 'owner' })
})

const room = () => ({ ...harness.deps, signer: createAuditSigner(harness.deps.keyring.current('audit')) })

async function createProjects(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await harness.request('POST', '/api/v1/projects', { token, body: { name: `project ${i}` } })
}

function query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
  return inTenantSql(harness.deps.db.systemPool, tenant, async (client) => (await client.query<Row>(sql, values)).rows)
}

/** Each entry has one leaf, each checkpoint leads to its root, follows the one before and is signed. */
async function expectWholeChain(): Promise<Checkpoint[]> {
  const checkpoints = (
    await query<CheckpointRow>('SELECT * FROM audit_checkpoint WHERE organization_id = $1 ORDER BY number', [tenant])
  ).map(toCheckpoint)
  let previousRoot = firstPreviousRoot
  for (const [at, checkpoint] of checkpoints.entries()) {
    const leaves = await inTenantSql(harness.deps.db.systemPool, tenant, (client) => listLeafRows(client, tenant, checkpoint.number))
    expect(checkpoint).toMatchObject({ number: at + 1, previousRoot, size: leaves.length })
    expect(computeRoot(leaves.map(toHash)).toString('hex')).toBe(checkpoint.root)
    expect(isSignedCheckpoint(checkpoint, room().signer.publicKey)).toBe(true)
    previousRoot = checkpoint.root
  }
  const entries = await query<{ id: string }>('SELECT id FROM audit_entry ORDER BY id')
  expect(await query('SELECT entry_id AS id FROM audit_leaf ORDER BY entry_id')).toEqual(entries)
  expect(await query('SELECT FROM audit_pending WHERE organization_id = $1', [tenant])).toEqual([])
  return checkpoints
}

const toHash = (row: LeafRow) =>
  hashOf(tenant, { entryId: row.entry_id, occurredAt: row.leaf_occurred_at.toISOString(), digest: row.digest.toString('hex') })

/** Ends connections in the middle of a transaction, as a process that is killed does. */
async function endBackends(application: string): Promise<void> {
  const { rows } = await harness.deps.db.ownerPool.query<{ name: string }>('SELECT current_database() AS name')
  const superuser = new pg.Client({ connectionString: inject('superuserUrl') })
  await superuser.connect()
  const sql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle in transaction' AND datname = $2`
  await superuser.query(sql, [application, rows[0]?.name])
  await superuser.end()
}

it('every entry gets one leaf, in batches that chain', async () => {
  await createProjects(7)
  await checkpointOrganization(room(), tenant, { maximumEntries: 3 })
  await createProjects(1)
  await checkpointAll(room())
  await checkpointAll(room())
  expect((await expectWholeChain()).map((checkpoint) => checkpoint.size)).toEqual([3, 3, 1, 1])
})

it('two batchers at once give every entry one leaf', async () => {
  const writing = createProjects(30)
  for (let i = 0; i < 10; i++) await Promise.all([1, 2, 3].map(() => checkpointOrganization(room(), tenant, { maximumEntries: 2 })))
  await writing
  await Promise.all([1, 2, 3].map(() => checkpointAll(room())))
  const checkpoints = await expectWholeChain()
  expect(checkpoints.reduce((sum, checkpoint) => sum + checkpoint.size, 0)).toBe(30)
})

it('a batcher waits for another that is at work in the same organization', async () => {
  await createProjects(1)
  let second: Promise<void> | undefined
  const startSecond = async (step: string) => {
    if (step !== 'leaves' || second) return
    await createProjects(1)
    second = checkpointOrganization(room(), tenant)
    await Promise.race([second, waitForLock()])
  }
  await checkpointOrganization(room(), tenant, { afterStep: startSecond })
  await second
  expect((await expectWholeChain()).map((checkpoint) => checkpoint.size)).toEqual([1, 1])
})

async function waitForLock(): Promise<void> {
  const waiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  while ((await harness.deps.db.ownerPool.query(waiting)).rowCount === 0);
}

it.each(['leaves', 'checkpoint'] as const)(
  'a batcher that dies after its %s leaves nothing behind, and the next one goes on',
  async (step) => {
    await createProjects(4)
    const die = async (reached: string) => {
      if (reached === step) await endBackends('keylease-system')
    }
    await expect(checkpointOrganization(room(), tenant, { afterStep: die })).rejects.toThrow()
    expect(await query('SELECT FROM audit_leaf')).toEqual([])
    expect(await query('SELECT FROM audit_checkpoint WHERE organization_id = $1', [tenant])).toEqual([])
    await checkpointAll(room())
    expect(await expectWholeChain()).toHaveLength(1)
  },
)

it('an entry that is committed late is not skipped', async () => {
  const late = await harness.deps.db.appPool.connect()
  try {
    await late.query('BEGIN')
    await late.query(`SELECT set_config('keylease.organization_id', $1, true)`, [tenant])
    await late.query(
      `INSERT INTO audit_entry VALUES ($1, now() - interval '1 minute', 'aud_00000000000000000000000000', 'person', 'p', 'p', 'late', 'x', 'y', 'r', NULL, NULL, '\\x00', '\\x00')`,
      [tenant],
    )
    await createProjects(2)
    await checkpointAll(room())
    await createProjects(1)
    await checkpointAll(room())
    await late.query('COMMIT')
  } finally {
    late.release()
  }
  await checkpointAll(room())
  expect((await expectWholeChain()).map((checkpoint) => checkpoint.size)).toEqual([2, 1, 1])
})

it('leaves and checkpoints can be changed by no role that serves', async () => {
  await createProjects(1)
  await checkpointAll(room())
  const { appPool, systemPool } = harness.deps.db
  for (const pool of [appPool, systemPool]) {
    for (const statement of [
      'UPDATE audit_leaf SET index = 7',
      'DELETE FROM audit_leaf',
      'TRUNCATE audit_leaf',
      `UPDATE audit_checkpoint SET root = '\\x00'`,
      'DELETE FROM audit_checkpoint',
      'TRUNCATE audit_checkpoint CASCADE',
    ]) {
      await expect(
        inTenantSql(pool, tenant, (client) => client.query(statement)),
        statement,
      ).rejects.toThrow(/permission denied/)
    }
  }
  await expect(inTenantSql(appPool, tenant, (client) => client.query('DELETE FROM audit_pending'))).rejects.toThrow(/permission denied/)
  await expectWholeChain()
})

it('not even the owner changes a leaf or a signed column by a plain statement', async () => {
  await createProjects(1)
  await checkpointAll(room())
  const { ownerPool } = harness.deps.db
  for (const statement of [`UPDATE audit_leaf SET index = 7`, 'DELETE FROM audit_leaf', `UPDATE audit_checkpoint SET root = '\\x00'`]) {
    const change = async () => {
      await ownerPool.query('ALTER TABLE audit_leaf NO FORCE ROW LEVEL SECURITY; ALTER TABLE audit_checkpoint NO FORCE ROW LEVEL SECURITY')
      await ownerPool.query(statement)
    }
    await expect(change(), statement).rejects.toThrow(/append-only/)
  }
})

it('an entry that vanished before its checkpoint is told, and holds up nothing', async () => {
  await createProjects(2)
  const { ownerPool } = harness.deps.db
  await ownerPool.query('ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY; ALTER TABLE audit_entry DISABLE TRIGGER append_only')
  await ownerPool.query('DELETE FROM audit_entry WHERE id = (SELECT min(id) FROM audit_entry WHERE organization_id = $1)', [tenant])
  await ownerPool.query('ALTER TABLE audit_entry ENABLE TRIGGER append_only; ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY')
  await checkpointAll(room())
  expect((await expectWholeChain()).map((checkpoint) => checkpoint.size)).toEqual([1])
  expect(harness.logLines.join('')).toContain('vanished before they had a checkpoint')
})
