import type { IssuedLease, Lease, RevokedLeases } from '@keylease/shared/contracts/lease-bodies'
import { isId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { acts, createFakeProvider, type FakeProvider } from '../../../test/fake-provider'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, type LeaseHolder, takeLease } from '../../../test/lease-holder'
import { newPublicKey } from '../../../test/receiver-key'
import { call } from '../../../test/room'
import { verifyLeaseToken } from '../../platform/lease-check'

type Replica = Pick<Harness, 'deps' | 'request' | 'close'>
let harness: Harness
let other: Replica
let provider: FakeProvider

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' })
  other = await harness.openReplica()
  provider = await createFakeProvider()
})
afterAll(async () => {
  await other.close()
  await harness.close()
  await provider.close()
})

const as = <T = Record<string, unknown>>(token: string | undefined, method: string, path: string, body?: unknown) =>
  call<T>(harness, token, method, path, body)
const refusalOf = ({ deps }: Replica, { token }: IssuedLease) => {
  const found = verifyLeaseToken(deps, token ?? '')
  return 'refused' in found ? found.refused : null
}
const readLease = async (id: string) => (await as<Lease>(undefined, 'GET', `/api/v1/leases/${id}`)).body

/** How long another replica still takes the token. */
async function measureUntilDead(lease: IssuedLease, act: () => Promise<unknown>): Promise<number> {
  expect(refusalOf(other, lease)).toBeNull()
  await act()
  const started = performance.now()
  await vi.waitFor(() => expect(refusalOf(other, lease)).toBe('revoked'), { timeout: 5_000, interval: 5 })
  return performance.now() - started
}

describe('revoking', () => {
  test.each<[string, (holder: LeaseHolder) => object]>([
    ['an agent', ({ agentId }) => ({ agentId })],
    ['a key', ({ keyId }) => ({ keyId })],
    ['a project', ({ projectId }) => ({ projectId })],
    ['all', () => ({ all: true })],
  ])('%s ends its leases here at once, elsewhere within a second, and gives new ones', async (_, toBody) => {
    const holder = await createHolder(harness)
    const lease = await takeLease(harness, holder)
    const started = performance.now()
    const elapsedMs = await measureUntilDead(lease, async () => {
      const revoked = await as<RevokedLeases>(undefined, 'POST', '/api/v1/leases/revoke', { ...toBody(holder), inFlight: 'cut' })
      expect(revoked.status, JSON.stringify(revoked.body)).toBe(200)
      expect(revoked.body.revoked).toBeGreaterThanOrEqual(1)
      expect(isId('revocation', revoked.body.revocationId ?? '')).toBe(true)
      expect(revoked.body.upstream).toContainEqual({ keyId: holder.keyId, upstream: 'revoked' })
      expect(refusalOf(harness, lease)).toBe('revoked')
    })
    expect(elapsedMs).toBeLessThan(1_000)
    expect(performance.now() - started).toBeLessThan(5_000)
    const renewed = await as(holder.token, 'POST', `/v1/leases/${lease.id}/renew`, {})
    expect([renewed.status, renewed.body.error?.code]).toEqual([410, 'lease_revoked'])
    expect(await readLease(lease.id)).toMatchObject({ status: 'revoked', revocation: { inFlight: 'cut', clients: 0 } })
    expect(refusalOf(harness, await takeLease(harness, holder))).toBeNull()
  })

  test('one lease leaves the others of its agent alive', async () => {
    const holder = await createHolder(harness)
    const [first, second] = [await takeLease(harness, holder), await takeLease(harness, holder)]
    const revoked = await as<RevokedLeases>(undefined, 'DELETE', `/api/v1/leases/${first.id}`, {})
    expect(revoked.body).toMatchObject({ revoked: 1, tasks: [] })
    expect([refusalOf(harness, first), refusalOf(harness, second)]).toEqual(['revoked', null])
    expect((await as<RevokedLeases>(undefined, 'DELETE', `/api/v1/leases/${first.id}`, {})).body).toMatchObject({
      revoked: 0,
      revocationId: null,
    })
  })

  test.each<[string, (holder: LeaseHolder) => [string, string, object?]]>([
    ['the platform key is revoked', ({ platformKeyId }) => ['DELETE', `/api/v1/platform/api-keys/${platformKeyId}`]],
    ['the agent is disabled', ({ agentId }) => ['PATCH', `/api/v1/agents/${agentId}`, { enabled: false }]],
    ['the agent is deleted', ({ agentId }) => ['DELETE', `/api/v1/agents/${agentId}`]],
    ['the grant is deleted', ({ grantId }) => ['DELETE', `/api/v1/grants/${grantId}`]],
    ['the key is disabled', ({ keyId }) => ['PATCH', `/api/admin/api-keys/${keyId}`, { status: 'disabled' }]],
    ['the key is deleted', ({ keyId }) => ['DELETE', `/api/admin/api-keys/${keyId}`]],
    ['the key is revoked', ({ keyId }) => ['POST', `/api/admin/api-keys/${keyId}/revoke`, { inFlight: 'cut' }]],
    [
      'the environment of the project changes',
      ({ projectId }) => ['PATCH', `/api/v1/projects/${projectId}`, { environment: 'production' }],
    ],
  ])('follows by itself, on every replica within a second, when %s', async (_, toRequest) => {
    const holder = await createHolder(harness, { key: { baseUrl: provider.baseUrl } })
    const lease = await takeLease(harness, holder)
    const [method, path, body] = toRequest(holder)
    const act = async () => expect((await as(undefined, method, path, body)).status).toBeLessThan(300)
    expect(await measureUntilDead(lease, act)).toBeLessThan(1_000)
    expect(await readLease(lease.id)).toMatchObject({ status: 'revoked' })
    const again = await as(holder.token, 'POST', '/v1/leases', { keyId: holder.keyId })
    if (!path.includes('/projects/')) expect(again.status).not.toBe(201)
  })

  test('is cut for calls under way where the emergency says so', async () => {
    const holder = await createHolder(harness, { key: { baseUrl: provider.baseUrl } })
    const lease = await takeLease(harness, holder)
    await as(undefined, 'POST', `/api/admin/api-keys/${holder.keyId}/revoke`, { inFlight: 'cut' })
    expect((await readLease(lease.id)).revocation).toMatchObject({ inFlight: 'cut' })
  })

  test('leaves an open task for a key that was delivered in clear, until a probe proves it dead', async () => {
    const holder = await createHolder(harness, { key: { baseUrl: provider.baseUrl } })
    const lease = await takeLease(harness, holder, { publicKey: await newPublicKey() })
    const { body } = await as<RevokedLeases>(undefined, 'POST', '/api/v1/leases/revoke', { agentId: holder.agentId })
    expect(body.upstream).toEqual([{ keyId: holder.keyId, upstream: 'still_valid' }])
    expect(body.tasks).toMatchObject([{ keyId: holder.keyId, keyVersionId: lease.scope.keyVersionId, closedAt: null }])
    const openTasks = async () =>
      (await as<{ total: number }>(undefined, 'GET', `/api/v1/lease-tasks?keyId=${holder.keyId}&state=open`)).body.total
    await as(undefined, 'POST', `/api/admin/api-keys/${holder.keyId}/verify`)
    expect(await openTasks()).toBe(1)
    provider.answer(holder.secret, acts.reject)
    await as(undefined, 'POST', `/api/admin/api-keys/${holder.keyId}/verify`)
    expect(await openTasks()).toBe(0)
  })

  test('is for those who may: not for a read-only key, not beyond a team, not for another tenant', async () => {
    const holder = await createHolder(harness)
    const lease = await takeLease(harness, holder)
    const { key } = await harness.issueKey({ scopes: ['read'] })
    const manager = harness.createCredential({ organizationId: harness.organizationId, role: 'manager', reach: [] })
    const stranger = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    const statuses = async (token: string) =>
      Promise.all([
        as(token, 'POST', '/api/v1/leases/revoke', { agentId: holder.agentId }).then(({ status }) => status),
        as(token, 'DELETE', `/api/v1/leases/${lease.id}`, {}).then(({ status }) => status),
        as(token, 'POST', '/api/v1/leases/revoke', { keyId: holder.keyId }).then(({ status }) => status),
      ])
    expect([await statuses(key), await statuses(manager), await statuses(stranger)]).toEqual([
      [403, 403, 403],
      [404, 404, 404],
      [404, 404, 404],
    ])
    expect((await as(manager, 'POST', '/api/v1/leases/revoke', { all: true })).status).toBe(403)
    expect((await as<RevokedLeases>(stranger, 'POST', '/api/v1/leases/revoke', { all: true })).body).toMatchObject({ revoked: 0 })
    expect(refusalOf(harness, lease)).toBeNull()
  })

  test('is remembered by a process that starts afterwards', async () => {
    const holder = await createHolder(harness)
    const lease = await takeLease(harness, holder)
    await as(undefined, 'POST', '/api/v1/leases/revoke', { agentId: holder.agentId })
    const late = await harness.openReplica()
    expect(refusalOf(late, lease)).toBe('revoked')
    await late.close()
  })
})
