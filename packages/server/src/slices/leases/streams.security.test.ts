import type { StreamState } from '@keylease/shared/contracts/lease-events'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, type LeaseHolder, takeLease } from '../../../test/lease-holder'
import { call } from '../../../test/room'

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

interface Heard {
  name: string
  data: Record<string, unknown>
}

/** Reads a stream as an SDK does, until it ends. */
async function listen(replica: Replica, token: string) {
  const response = await replica.request('GET', '/v1/events', { token, headers: { 'last-event-id': 'unknown' } })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  const heard: Heard[] = []
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  const ended = (async () => {
    let text = ''
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true })
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const [, name] = /^event: (.*)$/m.exec(event) ?? []
        const [, data] = /^data: (.*)$/m.exec(event) ?? []
        if (name && data) heard.push({ name, data: JSON.parse(data) as Heard['data'] })
      }
    }
  })()
  const next = (name: string, at = 0) =>
    vi.waitFor(
      () => {
        const found = heard.filter((event) => event.name === name)[at]
        if (!found) throw new Error(`no ${name} yet`)
        return found.data
      },
      { timeout: 5_000, interval: 5 },
    )
  const state = (await next('state')) as unknown as StreamState
  return { heard, next, state, ended, stop: () => reader.cancel() }
}

test('a stream opens with what its agent holds, whatever it says it heard last', async () => {
  const holder = await createHolder(harness)
  const lease = await takeLease(harness, holder)
  const revoked = await takeLease(harness, holder)
  await as(undefined, 'DELETE', `/api/v1/leases/${revoked.id}`, {})
  const stream = await listen(harness, holder.token)
  expect(stream.state.leases).toMatchObject([{ id: lease.id, expiresAt: lease.expiresAt }])
  expect(stream.state.revocations).toMatchObject([{ scope: 'lease', scopeId: revoked.id }])
  await stream.stop()
})

test('a revocation is heard on every replica within a second by the agents that it meets, and by no other', async () => {
  const [holder, sibling] = [await createHolder(harness), await createHolder(harness)]
  await takeLease(harness, holder)
  await takeLease(harness, sibling)
  const streams = [await listen(harness, holder.token), await listen(other, holder.token)]
  const stranger = await listen(other, sibling.token)
  const { body } = await as<{ revocationId: string; acknowledgedBy: object }>(undefined, 'POST', '/api/v1/leases/revoke', {
    agentId: holder.agentId,
    inFlight: 'cut',
  })
  expect(body.acknowledgedBy).toEqual({ acknowledged: 0, clients: 2 })
  const started = performance.now()
  for (const stream of streams) {
    expect(await stream.next('lease.revoked')).toMatchObject({
      revocationId: body.revocationId,
      scope: 'agent',
      scopeId: holder.agentId,
      inFlight: 'cut',
      notBefore: expect.stringMatching(/Z$/),
    })
  }
  expect(performance.now() - started).toBeLessThan(1_000)
  expect(stranger.heard.filter(({ name }) => name === 'lease.revoked')).toEqual([])
  for (const stream of [...streams, stranger]) await stream.stop()
})

test('whoever revoked sees how many clients have obeyed, and nobody acknowledges for another', async () => {
  const [holder, sibling] = [await createHolder(harness), await createHolder(harness)]
  const lease = await takeLease(harness, holder)
  const [one, two] = [await listen(harness, holder.token), await listen(other, holder.token)]
  const { body } = await as<{ revocationId: string }>(undefined, 'DELETE', `/api/v1/leases/${lease.id}`, {})
  const acknowledge = (token: string, clientId: string) =>
    as(token, 'POST', '/v1/events/ack', { clientId, revocationIds: [body.revocationId] }).then((answer) => answer.body)
  const seen = async () => (await as<{ revocation: object }>(undefined, 'GET', `/api/v1/leases/${lease.id}`)).body.revocation
  expect(await seen()).toMatchObject({ acknowledged: 0, clients: 2 })
  expect(await acknowledge(sibling.token, one.state.clientId)).toEqual({ acknowledged: 0 })
  expect(await acknowledge(holder.token, one.state.clientId)).toEqual({ acknowledged: 1 })
  expect(await acknowledge(holder.token, one.state.clientId)).toEqual({ acknowledged: 0 })
  expect(await seen()).toMatchObject({ acknowledged: 1, clients: 2 })
  await acknowledge(holder.token, two.state.clientId)
  expect(await seen()).toMatchObject({ acknowledged: 2, clients: 2 })
  await Promise.all([one.stop(), two.stop()])
})

test('a client that left is not waited for', async () => {
  const holder = await createHolder(harness)
  const lease = await takeLease(harness, holder)
  const stream = await listen(harness, holder.token)
  await stream.stop()
  await vi.waitFor(async () => {
    const left = await harness.deps.db.appPool.connect()
    try {
      await left.query(`BEGIN; SELECT set_config('keylease.organization_id', '${harness.organizationId}', true)`)
      const found = await left.query('SELECT FROM event_client WHERE id = $1', [stream.state.clientId])
      await left.query('COMMIT')
      expect(found.rowCount).toBe(0)
    } finally {
      left.release()
    }
  })
  const { body } = await as(undefined, 'DELETE', `/api/v1/leases/${lease.id}`, {})
  expect(body).toMatchObject({ acknowledgedBy: { clients: 0 } })
})

test.each<[string, (holder: LeaseHolder) => [string, string, object?]]>([
  ['its platform key is revoked', ({ platformKeyId }) => ['DELETE', `/api/v1/platform/api-keys/${platformKeyId}`]],
  ['its agent is disabled', ({ agentId }) => ['PATCH', `/api/v1/agents/${agentId}`, { enabled: false }]],
])('a stream ends when %s, after it told what that ended', async (_, toRequest) => {
  const holder = await createHolder(harness)
  await takeLease(harness, holder)
  const stream = await listen(other, holder.token)
  const [method, path, body] = toRequest(holder)
  await as(undefined, method, path, body)
  await stream.ended
  expect(stream.heard.map(({ name }) => name)).toContain('lease.revoked')
})

test('a changed policy is heard', async () => {
  const holder = await createHolder(harness)
  const stream = await listen(other, holder.token)
  await as(undefined, 'PATCH', `/api/v1/grants/${holder.grantId}`, { maxTtlSeconds: 60 })
  expect(await stream.next('policy.changed')).toEqual({})
  await stream.stop()
})

test('an agent has so many streams and no more', async () => {
  const holder = await createHolder(harness)
  const opened = await Promise.all(Array.from({ length: 100 }, () => harness.request('GET', '/v1/events', { token: holder.token })))
  expect(new Set(opened.map(({ status }) => status))).toEqual(new Set([200]))
  const refused = await as(holder.token, 'GET', '/v1/events')
  expect([refused.status, refused.body.error?.code]).toEqual([429, 'too_many_streams'])
  await Promise.all(opened.map(({ body }) => body?.cancel()))
})

test('a drain ends every stream, whether it is read or not, and opens none', async () => {
  const holder = await createHolder(harness)
  const third = await harness.openReplica()
  const silent = await third.request('GET', '/v1/events', { token: holder.token })
  const listening = await listen(third, holder.token)
  third.deps.lifecycle.drain()
  await listening.ended
  expect((await third.request('GET', '/v1/events', { token: holder.token })).status).toBe(503)
  await silent.body?.cancel()
  await third.close()
})
