import type { IssuedLease, Lease } from '@keylease/shared/contracts/lease-bodies'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, takeLease } from '../../../test/lease-holder'
import { createReceiver } from '../../../test/receiver-key'
import { call } from '../../../test/room'
import { verifyLeaseToken } from '../../platform/lease-check'

let harness: Harness

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const as = <T = Record<string, unknown>>(token: string | undefined, method: string, path: string, body?: unknown) =>
  call<T>(harness, token, method, path, body)

describe('a lease', () => {
  test('without a public key is a token that says whose it is, and never the key', async () => {
    const holder = await createHolder(harness)
    const lease = await takeLease(harness, holder)
    expect(lease).toMatchObject({ delivery: 'gateway', credential: null, slice: null, baseUrl: 'http://localhost/gateway/openai' })
    expect(lease.expiresInMs).toBeGreaterThan(895_000)
    expect(lease.renewInMs / lease.expiresInMs).toBeGreaterThan(0.29)
    expect(lease.renewInMs / lease.expiresInMs).toBeLessThan(0.37)
    expect(verifyLeaseToken(harness.deps, lease.token ?? '')).toMatchObject({
      leaseId: lease.id,
      agentId: holder.agentId,
      keyId: holder.keyId,
      grantId: holder.grantId,
      holderId: holder.platformKeyId,
      projectId: holder.projectId,
      keyVersionId: lease.scope.keyVersionId,
      organizationId: harness.organizationId,
      expiresAt: Date.parse(lease.expiresAt),
    })
    expect(JSON.stringify(lease)).not.toContain(holder.secret)
  })

  test('with a public key is the key itself, sealed to its holder and to this lease alone', async () => {
    const holder = await createHolder(harness)
    const receiver = await createReceiver()
    const lease = await takeLease(harness, holder, { publicKey: receiver.publicKey })
    expect(lease).toMatchObject({ delivery: 'direct', token: null, baseUrl: 'https://api.openai.com/v1' })
    expect(lease.origins).toContain('https://api.openai.com')
    expect(await receiver.open(lease)).toEqual({ key: holder.secret, auth: { kind: 'bearer' }, headers: {} })
    await expect(receiver.open(lease, 'lse_01jd2f8m3n6q9rkvwxyz012345')).rejects.toThrow()
    await expect((await createReceiver()).open(lease)).rejects.toThrow()
  })

  test('is shown to whoever manages, with its holder and its end', async () => {
    const holder = await createHolder(harness)
    const lease = await takeLease(harness, holder)
    const shown = await as(undefined, 'GET', `/api/v1/leases/${lease.id}`)
    expect(shown.body).toMatchObject({
      id: lease.id,
      status: 'active',
      agentName: 'support-bot',
      holder: { kind: 'platform-key', id: holder.platformKeyId },
      expiresAt: lease.expiresAt,
      scope: lease.scope,
      revocation: null,
    })
    for (const filter of [`agentId=${holder.agentId}`, `keyId=${holder.keyId}`, `projectId=${holder.projectId}&status=active`]) {
      const list = await as(undefined, 'GET', `/api/v1/leases?${filter}`)
      expect(list.body, filter).toMatchObject({ items: [{ id: lease.id }], total: 1 })
    }
    expect((await as(undefined, 'GET', `/api/v1/leases?agentId=${holder.agentId}&status=revoked`)).body).toMatchObject({ total: 0 })
  })

  test('is renewed, released, and then renewed no more', async () => {
    const holder = await createHolder(harness)
    const lease = await takeLease(harness, holder, { ttlSeconds: 60 })
    const renewed = await as<IssuedLease>(holder.token, 'POST', `/v1/leases/${lease.id}/renew`, { ttlSeconds: 600, openedThrough: 3 })
    expect(renewed.status, JSON.stringify(renewed.body)).toBe(200)
    expect(Date.parse(renewed.body.expiresAt)).toBeGreaterThan(Date.parse(lease.expiresAt) + 500_000)
    expect(verifyLeaseToken(harness.deps, renewed.body.token ?? '')).toMatchObject({ leaseId: lease.id })
    expect((await as(holder.token, 'POST', `/v1/leases/${lease.id}/slice`, { wantNanos: '5', lastSequence: 4 })).body).toMatchObject({
      slice: null,
    })
    expect((await as(holder.token, 'DELETE', `/v1/leases/${lease.id}`, { lastSequence: 7 })).status).toBe(204)
    const after = await as(holder.token, 'POST', `/v1/leases/${lease.id}/renew`, {})
    expect([after.status, after.body.error?.code]).toEqual([410, 'lease_released'])
    expect((await as(undefined, 'GET', `/api/v1/leases/${lease.id}`)).body).toMatchObject({ status: 'released', lastSequence: 7 })
  })

  test('shows how many of its calls are open, as its holder last said', async () => {
    const holder = await createHolder(harness)
    const lease = await takeLease(harness, holder)
    const shown = async () => (await as<Lease>(undefined, 'GET', `/api/v1/leases?agentId=${holder.agentId}`)).body
    expect(await shown()).toMatchObject({ items: [{ openedThrough: null, openCalls: 0 }] })
    const renew = (body: object) => as(holder.token, 'POST', `/v1/leases/${lease.id}/renew`, body)
    await renew({ openedThrough: 9, openIntents: [{ sequence: 7 }, { sequence: 9, estimateNanos: '1500' }] })
    expect(await shown()).toMatchObject({ items: [{ openedThrough: 9, openCalls: 2 }] })
    await renew({})
    expect(await shown()).toMatchObject({ items: [{ openedThrough: 9, openCalls: 2 }] })
    const tooMany = Array.from({ length: 1_001 }, (_, sequence) => ({ sequence }))
    expect((await renew({ openedThrough: 1_000, openIntents: tooMany })).status).toBe(400)
    await as(holder.token, 'DELETE', `/v1/leases/${lease.id}`, { lastSequence: 9, openIntents: [] })
    expect(await shown()).toMatchObject({ items: [{ status: 'released', openedThrough: 9, openCalls: 0 }] })
  })
})
