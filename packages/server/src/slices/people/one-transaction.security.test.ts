import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { dumpDatabase } from '../../../test/canary'
import { createHarness, type Harness } from '../../../test/harness'
import { personActs } from '../../../test/person-acts'
import { testSize } from '../../../test/size'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
  // Leaves every table open to its owner.
  await dumpDatabase(harness.deps.db)
  await sql(`CREATE FUNCTION test_die() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`)
})
afterEach(async () => {
  for (const { mend } of Object.values(faults)) await sql(mend)
})
afterAll(() => harness.close())

const sql = (text: string) => harness.deps.db.ownerPool.query(text)

const faults = {
  'when its audit entry cannot be written': {
    break: `ALTER TABLE audit_entry ADD CONSTRAINT test_refuse CHECK (false) NOT VALID`,
    mend: 'ALTER TABLE audit_entry DROP CONSTRAINT IF EXISTS test_refuse',
  },
  'when the connection dies as the transaction commits': {
    break: `CREATE CONSTRAINT TRIGGER test_die_late AFTER INSERT ON audit_personal DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION test_die()`,
    mend: 'DROP TRIGGER IF EXISTS test_die_late ON audit_personal',
  },
  'when the connection dies right after its audit entry': {
    break: 'CREATE TRIGGER test_die AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION test_die()',
    mend: 'DROP TRIGGER IF EXISTS test_die ON audit_entry',
  },
}

/** All that these operations write, but for what counts attempts. */
const persons = ['"user"', 'account', 'two_factor', 'passkey', 'totp_use', 'verification', 'session', 'owner_link']
const places = ['member', 'team_member', 'invitation', 'idempotency', 'change', 'audit_entry', 'audit_personal', 'audit_pending']
/** When somebody was seen says nothing of what was done. */
const state = [...persons, ...places]
  .map((name) => `SELECT to_jsonb(t) - 'seen_at' - 'last_active_at' AS row FROM ${name} t`)
  .join(' UNION ALL ')

async function readState(): Promise<string[]> {
  const { rows } = await sql(`SELECT row::text AS text FROM (${state}) AS rows ORDER BY 1`)
  return rows.map(({ text }) => String(text))
}

const countEntries = async () => Number((await sql('SELECT count(*) FROM audit_entry')).rows[0]?.count)

describe('leaves everything as it was, or is done with its entry in the trail:', () => {
  it.each(Object.keys(personActs))('%s', async (name) => {
    const act = (await personActs[name]?.(harness)) ?? (async () => false)
    for (const [when, fault] of Object.entries(faults).slice(0, testSize(2, 3))) {
      const before = await readState()
      await sql(fault.break)
      expect(await act(), when).toBe(false)
      await sql(fault.mend)
      await vi.waitFor(() => harness.deps.db.persons.transact(async () => undefined))
      expect(await readState(), when).toEqual(before)
    }
    const entries = await countEntries()
    expect(await act()).toBe(true)
    expect(await countEntries()).toBeGreaterThan(entries)
  })
})
