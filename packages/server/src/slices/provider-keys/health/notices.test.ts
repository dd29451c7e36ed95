import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../../../test/clock'
import { newSecret } from '../../../../test/factories'
import { createHarness, type Harness } from '../../../../test/harness'
import { listEvents } from '../../../../test/health'
import { callKeys, storeKey } from '../../../../test/provider-keys'
import { ensurePartitions } from '../../../platform/postgres/partitions'
import { noticeKeys } from './notices'

let harness: Harness
const clock = createTestClock()
const dayMs = 86_400_000

beforeAll(async () => {
  harness = await createHarness({}, clock)
})
afterAll(() => harness.close())

const inDays = (days: number) => new Date(clock.now().getTime() + days * dayMs).toISOString()
async function noticesOf(id: string): Promise<string[]> {
  const events = await listEvents(harness, id)
  return events.filter((event) => event.kind !== 'key.created').map(({ kind, payload }) => `${kind} ${payload['daysLeft']}`)
}
async function liveOn(...steps: number[]): Promise<void> {
  for (const days of steps) {
    clock.advance(days * dayMs)
    await noticeKeys(harness.deps)
    await noticeKeys(harness.deps)
  }
  await ensurePartitions(harness.deps.db.ownerPool, clock.now())
}

test('a key that expires says so at 30, 14, 7 and 1 days and when it has, each once; a new date is told anew', async () => {
  const { id, key } = await storeKey(harness, { expiresAt: inDays(32.5) })
  await liveOn(2, 1, 7, 9, 7, 6, 1)
  const told = ['key.expiring 30', 'key.expiring 14', 'key.expiring 7', 'key.expiring 1', 'key.expired 0']
  expect(await noticesOf(id)).toEqual(told)
  expect((await callKeys(harness, 'PATCH', `/${id}`, { body: { expiresAt: inDays(6.5) } })).status).toBe(200)
  await liveOn(1)
  expect(await noticesOf(id)).toEqual([...told, 'key.expiring 6'])
  expect(JSON.stringify(await listEvents(harness, id))).not.toContain(key)
})

test('a value that grows old says so at 30, 14, 7 and 1 days before 90 days and beyond them; a rotated one begins anew', async () => {
  const { id } = await storeKey(harness, { provider: 'custom', baseUrl: 'https://api.example.com' })
  await liveOn(59, 2, 10, 6, 7, 5.5, 1, 2)
  const told = ['key.aging 29', 'key.aging 13', 'key.aging 6', 'key.aging 1', 'key.aged 0']
  expect(await noticesOf(id)).toEqual(told)
  await callKeys(harness, 'PUT', `/${id}/rotate`, { body: { key: newSecret() } })
  await liveOn(59, 2)
  expect(await noticesOf(id)).toEqual([...told, 'key.rotated undefined', 'key.aging 29'])
})

test('two replicas tell of it once, and of no key that is disabled or another organization’s', async () => {
  const { id } = await storeKey(harness, { expiresAt: inDays(5) })
  const { id: disabled } = await storeKey(harness, { expiresAt: inDays(5) })
  await callKeys(harness, 'PATCH', `/${disabled}`, { body: { status: 'disabled' } })
  const tenant = await harness.createTenant()
  const token = harness.createCredential({ organizationId: tenant, role: 'owner' })
  const foreign = await storeKey(harness, { expiresAt: inDays(5) }, { token })
  const other = await harness.openReplica()
  await Promise.all([noticeKeys(harness.deps), noticeKeys({ ...other.deps, clock }), noticeKeys(harness.deps)])
  expect(await noticesOf(id)).toEqual(['key.expiring 5'])
  expect(await noticesOf(disabled)).toEqual([])
  expect(await listEvents(harness, foreign.id)).toEqual([])
  expect((await listEvents({ ...harness, organizationId: tenant }, foreign.id)).map((event) => event.kind)).toEqual([
    'key.created',
    'key.expiring',
  ])
  await other.close()
})
