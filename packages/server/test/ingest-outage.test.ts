import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { inTenantSql } from '../src/platform/tenancy'
import { runOnce } from './database'
import { createHarness, type Harness } from './harness'
import { createHolder, type LeaseHolder, takeLease } from './lease-holder'
import { toLeasedSpan, toTraces } from './otlp-spans'

let harness: Harness
let holder: LeaseHolder
let database: string

beforeAll(async () => {
  harness = await createHarness()
  holder = await createHolder(harness)
  const named = await harness.deps.db.ownerPool.query<{ name: string }>('SELECT current_database() AS name')
  database = named.rows[0]?.name ?? ''
})
afterAll(() => harness.close())

const asSuperuser = (sql: string) => runOnce(inject('superuserUrl'), sql)

/** What holds for a new connection holds for all of them. */
async function alterDatabase(words: string): Promise<void> {
  await asSuperuser(`ALTER DATABASE ${database} ${words}`)
  await asSuperuser(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`)
}

const fillDisk = `
  CREATE FUNCTION refuse_write() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
  CREATE TRIGGER refuse_write BEFORE INSERT ON usage_day FOR EACH STATEMENT EXECUTE FUNCTION refuse_write()`

async function countEvents(leaseId: string): Promise<number | null> {
  const { rowCount } = await inTenantSql(harness.deps.db.appPool, harness.organizationId, (client) =>
    client.query('SELECT FROM usage_event WHERE lease_id = $1', [leaseId]),
  )
  return rowCount
}

const outages: [string, { begin(): Promise<unknown>; end(): Promise<unknown> }][] = [
  [
    'has no room left, in the middle of a batch',
    {
      begin: () => harness.deps.db.ownerPool.query(fillDisk),
      end: () => harness.deps.db.ownerPool.query('DROP FUNCTION refuse_write CASCADE'),
    },
  ],
  [
    'takes no writes',
    {
      begin: () => alterDatabase('SET default_transaction_read_only = on'),
      end: () => alterDatabase('RESET default_transaction_read_only'),
    },
  ],
  [
    'takes no connections',
    {
      begin: () => alterDatabase('WITH ALLOW_CONNECTIONS false'),
      end: () => alterDatabase('WITH ALLOW_CONNECTIONS true'),
    },
  ],
]

test.each(outages)('while Postgres %s, nothing is acknowledged, and everything is taken once it is back', async (_, { begin, end }) => {
  const { id } = await takeLease(harness, holder)
  const body = toTraces(...Array.from({ length: 20 }, (_, at) => toLeasedSpan(id, at + 1)))
  const report = () => harness.request('POST', '/v1/traces', { token: holder.token, body })
  await begin()
  for (let times = 0; times < 3; times++) {
    const refused = await report()
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'unavailable' } }])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(5)
  }
  await end()
  expect(await vi.waitFor(() => countEvents(id), { timeout: 20_000 })).toBe(0)
  const taken = await vi.waitFor(
    async () => {
      const response = await report()
      expect(response.status).toBe(200)
      return response
    },
    { timeout: 20_000, interval: 50 },
  )
  expect(await taken.json()).toEqual({})
  expect(await countEvents(id)).toBe(20)
})
