import type { Provider, ProviderPage, ProviderStatus } from '@keylease/shared/contracts/provider-bodies'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { acts, createFakeProvider, type FakeProvider } from '../../../test/fake-provider'
import { createHarness, type Harness } from '../../../test/harness'
import { hurryOutbound, listEvents } from '../../../test/health'
import { callKeys, storeKey } from '../../../test/provider-keys'

let harness: Harness
let upstream: FakeProvider
const clock = createTestClock()

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' }, clock)
  upstream = await createFakeProvider()
  await hurryOutbound(harness)
})
afterAll(async () => {
  await harness.close()
  await upstream.close()
})

async function get<T>(path: string, token?: string): Promise<T> {
  return (await harness.request('GET', `/api/v1/providers${path}`, token ? { token } : {})).json() as Promise<T>
}
const statusOf = (id: string, token?: string) => get<ProviderStatus>(`/${id}/status`, token)
async function define(): Promise<string> {
  const body = { name: 'Acme', baseUrl: upstream.baseUrl, probe: { path: '/me' } }
  return ((await (await harness.request('POST', '/api/v1/providers', { body })).json()) as Provider).id
}
async function verify(provider: string, ...asked: (keyof typeof acts)[]): Promise<void> {
  for (const act of asked) {
    const { id, key } = await storeKey(harness, { provider })
    upstream.answer(key, acts[act])
    expect((await callKeys(harness, 'POST', `/${id}/verify`)).status).toBe(200)
  }
}

test('a provider that nobody called is unknown; one that answers is healthy', async () => {
  const id = await define()
  expect(await statusOf(id)).toEqual({
    id,
    windowSeconds: 900,
    status: 'unknown',
    statusSince: null,
    statusBasis: { answered: 0, failed: 0, unreachable: 0, latencyMs: null },
  })
  await verify(id, 'accept')
  expect(await statusOf(id)).toMatchObject({ status: 'healthy', statusSince: expect.any(String), statusBasis: { answered: 1 } })
})

test('keys that it refuses, limits or bills never make a provider look down', async () => {
  const id = await define()
  await verify(id, 'reject', 'reject', 'restrict', 'exhaust', 'limit', 'reject')
  expect(await statusOf(id)).toMatchObject({ status: 'healthy', statusBasis: { answered: 6, failed: 0, unreachable: 0 } })
  expect(await listEvents(harness, id)).toEqual([])
})

test('failures make it degraded, nothing but failures down, and answers healthy again; each change is told once', async () => {
  const id = await define()
  await verify(id, 'accept', 'fail')
  expect(await statusOf(id)).toMatchObject({ status: 'healthy' })
  await verify(id, 'hang')
  expect(await statusOf(id)).toMatchObject({ status: 'degraded', statusBasis: { answered: 1, failed: 1, unreachable: 1 } })
  clock.advance(16 * 60_000)
  await verify(id, 'fail', 'drop', 'fail')
  expect(await statusOf(id)).toMatchObject({ status: 'down', statusBasis: { answered: 0, failed: 2, unreachable: 1 } })
  expect((await get<ProviderPage>('?status=down')).items.map((item) => item.id)).toEqual([id])
  clock.advance(16 * 60_000)
  await verify(id, 'accept')
  expect(await statusOf(id)).toMatchObject({ status: 'healthy' })
  const events = await listEvents(harness, id)
  expect(events.map(({ kind, payload }) => [kind, payload['status']])).toEqual([
    ['provider.degraded', 'degraded'],
    ['provider.degraded', 'down'],
    ['provider.recovered', 'healthy'],
  ])
})

test('what was known is kept for two hours without a call, and then nobody knows', async () => {
  const id = await define()
  await verify(id, 'fail', 'fail', 'fail')
  await harness.deps.traffic.flush()
  clock.advance(90 * 60_000)
  expect(await statusOf(id)).toMatchObject({ status: 'down', statusBasis: { failed: 0 } })
  clock.advance(40 * 60_000)
  expect(await statusOf(id)).toMatchObject({ status: 'unknown', statusSince: null })
})

test('replicas count together, and what another organization meets is none of ours', async () => {
  const other = await harness.openReplica()
  const record = (deps: Harness['deps'], organizationId: string) => deps.traffic.record(organizationId, 'groq', 'failed', 5)
  record(harness.deps, harness.organizationId)
  for (let count = 0; count < 2; count++) record(other.deps, harness.organizationId)
  await Promise.all([harness.deps.traffic.flush(), other.deps.traffic.flush()])
  expect(await statusOf('groq')).toMatchObject({ status: 'down', statusBasis: { failed: 3 } })
  const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'viewer' })
  expect(await statusOf('groq', token)).toMatchObject({ status: 'unknown' })
  await other.close()
})
