import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../test/clock'
import { createHarness, type Harness } from '../../test/harness'
import { createHolder, type LeaseHolder, takeLease } from '../../test/lease-holder'
import { call } from '../../test/room'
import { toReport } from '../../test/usage'
import { recordUsage } from '../slices/usage/service'

const clock = createTestClock()
let harness: Harness
beforeAll(async () => {
  harness = await createHarness({}, clock)
})
afterAll(() => harness.close())

const as = (token: string | undefined, method: string, path: string, body?: unknown) =>
  call<Record<string, unknown>>(harness, token, method, path, body)

const impactOf = async ({ keyId, agentId }: LeaseHolder) => {
  const paths = [`/api/admin/api-keys/${keyId}/impact`, `/api/v1/agents/${agentId}/impact`]
  return Promise.all(paths.map(async (path) => (await as(undefined, 'GET', path)).body))
}

test('the impact of a key, and of an agent, counts the leases that would end and no other', async () => {
  const [holder, other] = [await createHolder(harness), await createHolder(harness)]
  const tenant = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
  await takeLease(harness, await createHolder(harness, { token: tenant }))
  await takeLease(harness, other)
  await takeLease(harness, holder, { ttlSeconds: 30 })
  clock.advance(31_000)
  const [released, revoked] = [await takeLease(harness, holder), await takeLease(harness, holder)]
  await takeLease(harness, holder)
  await takeLease(harness, holder)
  await as(holder.token, 'DELETE', `/v1/leases/${released.id}`, {})
  await as(undefined, 'DELETE', `/api/v1/leases/${revoked.id}`, {})
  expect(await impactOf(holder)).toEqual([expect.objectContaining({ liveLeases: 2 }), expect.objectContaining({ liveLeases: 2 })])
  await as(undefined, 'POST', '/api/v1/leases/revoke', { agentId: holder.agentId })
  expect(await impactOf(holder)).toEqual([expect.objectContaining({ liveLeases: 0 }), expect.objectContaining({ liveLeases: 0 })])
  expect(await impactOf(other)).toEqual([expect.objectContaining({ liveLeases: 1 }), expect.objectContaining({ liveLeases: 1 })])
})

test('the impact tells what the last 24 hours cost, in the tenant that asks', async () => {
  const holder = await createHolder(harness)
  const { keyId, agentId } = holder
  const owner = { ...toReport().owner, keyId, agentId }
  const occurred = (hoursAgo: number) => new Date(clock.now().getTime() - hoursAgo * 3_600_000)
  const reports = [0, 23, 25].map((hoursAgo) => toReport({ owner, occurredAt: occurred(hoursAgo) }))
  const [one] = await recordUsage(harness.deps, harness.organizationId, reports)
  await recordUsage(harness.deps, await harness.createTenant(), [toReport({ owner, occurredAt: occurred(0) })])
  const spendNanos24h = String(2n * (one?.costNanos ?? 0n))
  expect(Number(spendNanos24h)).toBeGreaterThan(0)
  expect(await impactOf(holder)).toEqual([expect.objectContaining({ spendNanos24h }), expect.objectContaining({ spendNanos24h })])
})
