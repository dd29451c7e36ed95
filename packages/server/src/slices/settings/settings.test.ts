import { permissionsOfRole } from '@keylease/shared/contracts/permissions'
import { Settings } from '@keylease/shared/contracts/settings'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { createApp } from '../../app'
import type { Principal } from '../../platform/auth'
import { inTenantSql } from '../../platform/tenancy'

let harness: Harness

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const patch = (body: unknown, options = {}) => harness.request('PATCH', '/api/v1/settings', { body, ...options })
const read = async () => Settings.parse(await (await harness.request('GET', '/api/v1/settings')).json())
const errorOf = async (response: Response) => ((await response.json()) as { error: { code: string; message: string } }).error

/** The same service, entered by a person from this address. */
function enterAsPerson(address: string, organizationId = harness.organizationId, deps = harness.deps): Promise<Response> {
  const permissions = permissionsOfRole('viewer')
  const person: Principal = { kind: 'person', id: 'usr', name: 'usr', organizationId, permissions, reach: 'organization', role: 'viewer' }
  const app = createApp({ ...deps, authenticators: [{ authenticate: async () => person }] })
  const headers = { authorization: 'Bearer 0123456789abcdef0123' }
  return Promise.resolve(
    app.request('/api/v1/projects', { headers }, { incoming: { url: '/api/v1/projects', socket: { remoteAddress: address } } }),
  )
}

test('settings begin with their defaults, and only what is sent changes', async () => {
  expect(await read()).toMatchObject({ timeZone: 'UTC', sessionIdleMinutes: 60, sessionAbsoluteHours: 24, auditRetentionDays: 400 })
  expect((await patch({ timeZone: 'Asia/Kolkata', auditRetentionDays: 30 })).status).toBe(200)
  expect(await read()).toMatchObject({ timeZone: 'Asia/Kolkata', auditRetentionDays: 30, sessionIdleMinutes: 60 })
})

test.each([
  { timeZone: 'Mars/Olympus' },
  { timeZone: '+02:00' },
  { timeZone: '' },
  { name: '' },
  { auditRetentionDays: 29 },
  { sessionIdleMinutes: 4 },
  { sessionAbsoluteHours: 721 },
  { peopleAddresses: ['10.0.0.0/33'] },
  { peopleAddresses: ['localhost'] },
  {},
  { unknown: 1 },
])('%j is refused and changes nothing', async (body) => {
  const before = await read()
  const refused = await patch(body)
  expect([refused.status, (await errorOf(refused)).code]).toEqual([400, 'invalid_request'])
  expect(await read()).toEqual(before)
})

test('a rule that would lock out whoever sets it is refused; one that holds their address is not', async () => {
  const before = await read()
  const refused = await patch({ peopleAddresses: ['203.0.113.0/24'] }, { address: '198.51.100.7' })
  const error = await errorOf(refused)
  expect([refused.status, error.code]).toEqual([409, 'would_lock_out'])
  expect(error.message).toContain('198.51.100.7')
  expect(await read()).toEqual(before)
  const accepted = await patch({ peopleAddresses: ['::ffff:203.0.113.9/120'] }, { address: '203.0.113.7' })
  expect(Settings.parse(await accepted.json()).peopleAddresses).toEqual(['203.0.113.0/24'])
  await patch({ peopleAddresses: [] }, { address: '198.51.100.7' })
})

test('people come from the listed networks alone, keys from anywhere, on every replica within a second', async () => {
  const other = await harness.openReplica()
  const tenant = await harness.createTenant()
  expect((await enterAsPerson('198.51.100.7', harness.organizationId, other.deps)).status).toBe(200)
  await patch({ peopleAddresses: ['203.0.113.0/24', '127.0.0.1'] })
  const started = performance.now()
  for (const deps of [harness.deps, other.deps]) {
    await vi.waitFor(async () => expect((await enterAsPerson('198.51.100.7', harness.organizationId, deps)).status).toBe(403), {
      interval: 5,
    })
  }
  expect(performance.now() - started).toBeLessThan(1_000)
  expect((await errorOf(await enterAsPerson('198.51.100.7'))).code).toBe('address_refused')
  expect((await enterAsPerson('unknown')).status).toBe(403)
  expect((await enterAsPerson('::ffff:203.0.113.8')).status).toBe(200)
  expect((await enterAsPerson('198.51.100.7', tenant)).status).toBe(200)
  const { key } = await harness.issueKey({})
  expect((await harness.request('GET', '/api/v1/projects', { token: key, address: '198.51.100.7' })).status).toBe(200)
  await patch({ peopleAddresses: [] })
  await other.close()
})

test("one tenant's settings are no other's", async () => {
  const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
  const before = await read()
  expect((await patch({ name: 'Mine' }, { token })).status).toBe(200)
  expect(await read()).toEqual(before)
})

test('changes that come at once each build on the one before, and the audit trail tells them in a row', async () => {
  await Promise.all([patch({ sessionIdleMinutes: 30 }), patch({ sessionAbsoluteHours: 8 }), patch({ auditRetentionDays: 90 })])
  expect(await read()).toMatchObject({ sessionIdleMinutes: 30, sessionAbsoluteHours: 8, auditRetentionDays: 90 })
  const minutes = [40, 41, 42, 43, 44, 45, 46, 47]
  await Promise.all(minutes.map((sessionIdleMinutes) => patch({ sessionIdleMinutes })))
  const entries = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query<{ before: Settings; after: Settings }>(
      `SELECT before, after FROM audit_entry WHERE action = 'settings.updated' AND (after->>'sessionIdleMinutes')::int BETWEEN 40 AND 47`,
    ),
  )
  const befores = entries.rows.map(({ before }) => before.sessionIdleMinutes)
  expect(befores.filter((one) => one >= 40)).toHaveLength(minutes.length - 1)
  expect(new Set(befores).size).toBe(minutes.length)
})
