import { type IssuedLease, IssueLease } from '@keylease/shared/contracts/lease-bodies'
import { permissionsOfScopes } from '@keylease/shared/contracts/permissions'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dumpDatabase, findSecrets } from '../../../test/canary'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, type LeaseHolder, takeLease } from '../../../test/lease-holder'
import { createReceiver } from '../../../test/receiver-key'
import { call } from '../../../test/room'
import { testSize } from '../../../test/size'
import { verifyLeaseToken } from '../../platform/lease-check'
import { settleKeys } from '../provider-keys/upkeep'
import { issueLease } from './issue'
import { settleLeases } from './upkeep'

type Replica = Pick<Harness, 'deps' | 'request' | 'close'>
let harness: Harness
let other: Replica

beforeAll(async () => {
  harness = await createHarness()
  other = await harness.openReplica()
})
afterAll(async () => {
  await other.close()
  await harness.close()
})

const as = <T = Record<string, unknown>>(token: string | undefined, method: string, path: string, body?: unknown) =>
  call<T>(harness, token, method, path, body)
const ask = async ({ token }: LeaseHolder, body: object = { provider: 'openai' }, replica: Replica = harness) => {
  const answer = await call<IssuedLease>(replica, token, 'POST', '/v1/leases', body)
  return answer.body.error?.code ?? answer.status
}
const lifeOf = ({ expiresInMs }: Pick<IssuedLease, 'expiresInMs'>) => Math.ceil(expiresInMs / 1_000)

describe('no lease is issued', () => {
  test('for another environment, model, operation, address or delivery than is granted, each with its own word', async () => {
    const holder = await createHolder(harness, {
      grant: { models: ['gpt-5*'], operations: ['chat'], addresses: ['127.0.0.0/8'] },
      key: { delivery: 'gateway' },
    })
    const { publicKey } = await createReceiver()
    expect(await ask(holder, { provider: 'openai', models: ['o4'] })).toBe('model_not_granted')
    expect(await ask(holder, { provider: 'openai', operations: ['image'] })).toBe('operation_not_granted')
    expect(await ask(holder, { provider: 'openai', delivery: 'direct', publicKey })).toBe('delivery_not_allowed')
    expect(await ask(holder, { provider: 'anthropic' })).toBe('no_grant')
    const elsewhere = await harness.request('POST', '/v1/leases', {
      token: holder.token,
      body: { provider: 'openai' },
      address: '203.0.113.7',
    })
    expect([elsewhere.status, ((await elsewhere.json()) as { error: { code: string } }).error.code]).toEqual([403, 'address_refused'])
    await as(undefined, 'PATCH', `/api/admin/api-keys/${holder.keyId}`, { environment: 'production' })
    expect(await ask(holder)).toBe('environment_mismatch')
  })

  test('of a key of another agent or tenant: it is not there', async () => {
    const [holder, sibling] = [await createHolder(harness), await createHolder(harness)]
    const tenant = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    const stranger = await createHolder(harness, { token: tenant })
    expect(await ask(holder, { keyId: sibling.keyId })).toBe('no_grant')
    expect(await ask(holder, { keyId: stranger.keyId })).toBe('not_found')
    expect(await ask(stranger, { keyId: holder.keyId })).toBe('not_found')
  })

  test('to a key that may read or write, but not lease', async () => {
    const { key } = await harness.issueKey({ scopes: ['read', 'write'] })
    expect((await as(key, 'POST', '/v1/leases', { provider: 'openai' })).body.error?.code).toBe('forbidden')
  })

  test('where a direct one has nothing to be sealed to, or cannot be sealed to what it was given', async () => {
    const holder = await createHolder(harness, { key: { delivery: 'direct' } })
    expect(await ask(holder)).toBe('public_key_required')
    expect(await ask(holder, { provider: 'openai', delivery: 'direct' })).toBe('public_key_required')
    const zeros = Buffer.alloc(32).toString('base64url')
    expect(await ask(holder, { provider: 'openai', publicKey: zeros })).toBe('invalid_request')
    expect(await ask(holder, { provider: 'openai', publicKey: `${zeros}A` })).toBe('invalid_request')
    expect((await as<{ total: number }>(undefined, 'GET', `/api/v1/leases?agentId=${holder.agentId}`)).body.total).toBe(0)
  })

  test('under a policy that has changed, though nobody heard of the change', async () => {
    const holder = await createHolder(harness)
    expect(await ask(holder, undefined, other)).toBe(201)
    await other.deps.events.stop()
    await as(undefined, 'DELETE', `/api/v1/grants/${holder.grantId}`)
    expect(await ask(holder, undefined, other)).toBe('no_grant')
    await other.deps.events.start()
  })

  test('to a platform key that was revoked, though its cache does not know yet', async () => {
    const holder = await createHolder(harness)
    expect(await ask(holder, undefined, other)).toBe(201)
    await other.deps.events.stop()
    await as(undefined, 'DELETE', `/api/v1/platform/api-keys/${holder.platformKeyId}`)
    expect(await ask(holder, undefined, other)).toBe('unauthenticated')
    await other.deps.events.start()
  })
})

test('a lease never outlives the platform key, the grant, the key, the organization or what was asked for', async () => {
  const soon = new Date(Date.now() + 200_000).toISOString()
  const holders = [
    await createHolder(harness, { platformKey: { expiresAt: soon } }),
    await createHolder(harness, { grant: { expiresAt: soon } }),
    await createHolder(harness, { key: { expiresAt: soon } }),
    await createHolder(harness, { grant: { maxTtlSeconds: 100 } }),
    await createHolder(harness, { key: { maxLeaseSeconds: 90 } }),
  ]
  const lives: number[] = []
  for (const holder of holders) {
    const lease = await takeLease(harness, holder)
    const renewed = await as<IssuedLease>(holder.token, 'POST', `/v1/leases/${lease.id}/renew`, { ttlSeconds: 3_600 })
    lives.push(lifeOf(lease), lifeOf(renewed.body))
  }
  expect(lives.map((life, index) => life <= ([200, 200, 200, 100, 90][Math.floor(index / 2)] ?? 0))).toEqual(Array(10).fill(true))
  expect(lifeOf(await takeLease(harness, await createHolder(harness), { ttlSeconds: 30 }))).toBe(30)
  const organizationId = await harness.createTenant()
  const tenant = harness.createCredential({ organizationId, role: 'owner' })
  const stranger = await createHolder(harness, { token: tenant })
  await as(tenant, 'PATCH', '/api/v1/settings', { maxLeaseSeconds: 45 })
  expect(lifeOf(await takeLease(harness, stranger))).toBeLessThanOrEqual(45)
})

test('a workload leases as its agent until its token ends, and no longer than its trust rule is there', async () => {
  const { agentId, keyId } = await createHolder(harness)
  const subject = { issuer: 'https://token.actions.githubusercontent.com', subjectPattern: 'repo:acme/checkout:ref:refs/heads/main' }
  const rule = await as<{ id: string }>(undefined, 'POST', '/api/v1/trust-rules', { agentId, name: 'Deploy', ...subject })
  const actor = {
    kind: 'workload' as const,
    id: rule.body.id,
    name: 'Deploy',
    organizationId: harness.organizationId,
    permissions: permissionsOfScopes(['lease']),
    reach: 'organization' as const,
    agentId,
    expiresAt: new Date(Date.now() + 120_000),
    request: { id: newId('request'), address: '127.0.0.1', userAgent: 'test' },
  }
  const issue = () => issueLease(harness.deps, actor, IssueLease.parse({ keyId }), 'http://localhost')
  const lease = await issue()
  expect(lifeOf(lease)).toBeLessThanOrEqual(120)
  expect(verifyLeaseToken(harness.deps, lease.token ?? '')).toMatchObject({ holderId: rule.body.id })
  await as(undefined, 'PATCH', `/api/v1/trust-rules/${rule.body.id}`, { enabled: false })
  await expect(issue()).rejects.toMatchObject({ code: 'unauthenticated' })
  await expect.poll(() => verifyLeaseToken(harness.deps, lease.token ?? '')).toMatchObject({ refused: 'revoked' })
})

test('of thousands who ask at once on two replicas, an agent gets its thousand leases, one more for each that it gives back, and no other', async () => {
  const holder = await createHolder(harness)
  // Alone, so that the thousandth is not the last of a merged call.
  const first = await ask(holder)
  const asked = testSize(1_200, 2_000)
  const crowd = Array.from({ length: asked - 1 }, (_, index) => ask(holder, undefined, index % 2 === 0 ? harness : other))
  const answers = [first, ...(await Promise.all(crowd))]
  expect(answers.filter((answer) => answer === 201)).toHaveLength(1_000)
  expect(answers.filter((answer) => answer === 'lease_limit_reached')).toHaveLength(asked - 1_000)
  expect((await as<{ total: number }>(undefined, 'GET', `/api/v1/leases?agentId=${holder.agentId}&status=active`)).body.total).toBe(1_000)
  const held = await as<{ items: { id: string }[] }>(undefined, 'GET', `/api/v1/leases?agentId=${holder.agentId}&status=active&limit=1`)
  await as(holder.token, 'DELETE', `/v1/leases/${held.body.items[0]?.id}`)
  expect([await ask(holder), await ask(holder)]).toEqual([201, 'lease_limit_reached'])
  // More than one transaction waits for: their rows say so later, and every reader at once.
  await takeLease(harness, await createHolder(harness))
  const totalOf = async (status: string) =>
    (await as<{ total: number }>(undefined, 'GET', `/api/v1/leases?agentId=${holder.agentId}&status=${status}`)).body.total
  await as(undefined, 'POST', '/api/v1/leases/revoke', { all: true })
  expect([await totalOf('active'), await totalOf('revoked')]).toEqual([0, 1_000])
  expect(await ask(holder)).toBe(201)
  await settleLeases(harness.deps)
  expect([await totalOf('active'), await totalOf('revoked')]).toEqual([1, 1_000])
})

test('the same Idempotency-Key is the same lease, sealed again; with another request it is refused', async () => {
  const holder = await createHolder(harness)
  const receiver = await createReceiver()
  const send = async (body: object, replica: Replica = harness) => {
    const response = await replica.request('POST', '/v1/leases', { token: holder.token, body, headers: { 'idempotency-key': 'once' } })
    return {
      replayed: response.headers.get('idempotency-replayed'),
      body: (await response.json()) as IssuedLease & { error?: { code: string } },
    }
  }
  const body = { provider: 'openai', publicKey: receiver.publicKey }
  const [first, second, third] = await Promise.all([send(body), send(body), send(body, other)])
  const ids = new Set([first, second, third].map((answer) => answer.body.id))
  expect(ids.size).toBe(1)
  for (const answer of [first, second, third]) expect((await receiver.open(answer.body)).key).toBe(holder.secret)
  expect((await send({ ...body, ttlSeconds: 60 })).body.error?.code).toBe('idempotency_key_reused')
  await as(undefined, 'POST', '/api/v1/leases/revoke', { agentId: holder.agentId })
  expect((await send(body)).body.error?.code).toBe('lease_revoked')
})

test('of several keys that fit, the higher priority is leased, then the healthy one, then each in turn', async () => {
  const holder = await createHolder(harness)
  const { keyId: second, grantId } = await createHolder(harness)
  await as(undefined, 'POST', '/api/v1/grants', { agentId: holder.agentId, keyId: second })
  const leased = async () => (await takeLease(harness, holder)).scope.keyId
  expect(new Set([await leased(), await leased()])).toEqual(new Set([holder.keyId, second]))
  const { body } = await as<{ id: string }>(undefined, 'POST', '/api/v1/grants', { agentId: holder.agentId, keyId: second, priority: 5 })
  expect([await leased(), await leased(), await leased()]).toEqual([second, second, second])
  await as(undefined, 'DELETE', `/api/v1/grants/${body.id}`)
  await as(undefined, 'PATCH', `/api/admin/api-keys/${second}`, { status: 'disabled' })
  expect([await leased(), await leased()]).toEqual([holder.keyId, holder.keyId])
  expect(grantId).toBeTruthy()
})

test('the key is in no answer but the sealed one, in no log line and in no table', async () => {
  const tenant = await createHarness()
  const holder = await createHolder(tenant)
  const receiver = await createReceiver()
  const sealed = await takeLease(tenant, holder, { publicKey: receiver.publicKey })
  const lease = await takeLease(tenant, holder)
  const answers = [JSON.stringify(sealed), JSON.stringify(lease)]
  for (const [token, method, path, body] of [
    [holder.token, 'POST', `/v1/leases/${lease.id}/renew`, {}],
    [undefined, 'GET', '/api/v1/leases'],
    [undefined, 'POST', '/api/v1/leases/revoke', { all: true }],
    [undefined, 'GET', '/api/v1/audit?limit=100'],
  ] as const) {
    answers.push(JSON.stringify((await call(tenant, token ?? undefined, method, path, body)).body))
  }
  expect((await receiver.open(sealed)).key).toBe(holder.secret)
  const tokenMac = (lease.token ?? '').slice(-43)
  expect(findSecrets(answers.join('\n'), [holder.secret])).toEqual([])
  expect(findSecrets(tenant.logLines.join('\n'), [holder.secret, tokenMac])).toEqual([])
  expect(findSecrets(await dumpDatabase(tenant.deps.db), [holder.secret, tokenMac, holder.token])).toEqual([])
  await tenant.close()
})

test('a draining value retires when its last lease has ended, before its deadline', async () => {
  const holder = await createHolder(harness)
  const lease = await takeLease(harness, holder)
  const { systemPool } = harness.deps.db
  const client = await systemPool.connect()
  const query = async (sql: string) => {
    await client.query(`BEGIN; SELECT set_config('keylease.organization_id', '${harness.organizationId}', true)`)
    const found = await client.query<{ state: string }>(sql)
    await client.query('COMMIT')
    return found.rows[0]?.state
  }
  const versionId = lease.scope.keyVersionId
  await query(`UPDATE key_version SET state = 'draining', drain_until = now() + interval '1 hour' WHERE id = '${versionId}'`)
  const state = () => query(`SELECT state FROM key_version WHERE id = '${versionId}'`)
  await settleKeys(harness.deps)
  expect(await state()).toBe('draining')
  await as(holder.token, 'DELETE', `/v1/leases/${lease.id}`, {})
  await settleKeys(harness.deps)
  expect(await state()).toBe('retired')
  client.release()
})

test('what is used is seen on the lease and on its key', async () => {
  const holder = await createHolder(harness)
  const lease = await takeLease(harness, holder)
  const usedAt = new Date(Date.now() - 1_000)
  harness.deps.leaseUse.record({ organizationId: harness.organizationId, leaseId: lease.id, usedAt })
  harness.deps.leaseUse.record({ organizationId: harness.organizationId, leaseId: lease.id, usedAt: new Date(0) })
  await harness.deps.leaseUse.flush()
  const shown = await as(undefined, 'DELETE', `/api/v1/leases/${lease.id}`, {}).then(() =>
    as(undefined, 'GET', `/api/v1/leases/${lease.id}`),
  )
  expect(shown.body).toMatchObject({ lastUsedAt: usedAt.toISOString(), revocation: { lastUsedAt: usedAt.toISOString() } })
  const key = await as(undefined, 'GET', `/api/admin/api-keys/${holder.keyId}`)
  expect(key.body).toMatchObject({ lastUsedAt: usedAt.toISOString(), lastUsedAgentId: holder.agentId })
})
