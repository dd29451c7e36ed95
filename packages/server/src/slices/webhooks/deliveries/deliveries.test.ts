import { createHmac } from 'node:crypto'
import { Delivery, DeliveryPage } from '@keylease/shared/contracts/deliveries'
import { type CreatedWebhook, Webhook } from '@keylease/shared/contracts/webhooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { findSecrets } from '../../../../test/canary'
import { createTestClock } from '../../../../test/clock'
import { createHarness, type Harness } from '../../../../test/harness'
import { openReceiver, type Receiver } from '../../../../test/receiver'
import { removeExpired } from '../../../platform/housekeeping'
import { recordEvent } from '../../../platform/outbox'
import { inTenant, inTenantSql } from '../../../platform/tenancy'
import { createDeliverySender } from './sender'

const minute = 60_000
const day = 24 * 60 * minute
const clock = createTestClock()
let harness: Harness
let receiver: Receiver

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' }, clock)
})
beforeEach(async () => {
  receiver = await openReceiver()
})
afterEach(async () => {
  const { items } = (await read('GET', '/api/v1/webhooks?limit=200')) as { items: Webhook[] }
  for (const { id } of items) await harness.request('DELETE', `/api/v1/webhooks/${id}`)
  await receiver.close()
})
afterAll(() => harness.close())

async function read(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await harness.request(method, path, body === undefined ? {} : { body })
  expect(response.status, await response.clone().text()).toBeLessThan(300)
  return response.json()
}

const createHook = async (input: object = {}) =>
  (await read('POST', '/api/v1/webhooks', { url: receiver.url, kinds: ['key.*'], ...input })) as CreatedWebhook
const getHook = async (id: string) => Webhook.parse(await read('GET', `/api/v1/webhooks/${id}`))
const listDeliveries = async (id: string) => DeliveryPage.parse(await read('GET', `/api/v1/webhooks/${id}/deliveries`)).items

const emit = (kind: 'key.rotated' | 'security.agent_disabled' = 'key.rotated', organizationId = harness.organizationId) =>
  inTenant(harness.deps.db, organizationId, (tx) =>
    recordEvent(tx, organizationId, { kind, resource: { kind: 'provider-key', id: 'pky_x' }, payload: { number: 2 } }),
  )

async function runSender(deps = harness.deps): Promise<void> {
  const sender = createDeliverySender(deps, () => 0)
  await sender.turn()
  await sender.drain()
}

/** Written from the contract's words alone. */
function isSignedBy(secret: string, { headers, body }: Receiver['received'][number]): boolean {
  const [, t = '', v1 = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['keylease-signature'])) ?? []
  return (
    createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex') === v1 &&
    Math.abs(Number(t) * 1000 - clock.now().getTime()) < minute
  )
}

test('an event reaches the webhook that asked for its kind, once, signed, with what happened', async () => {
  const hook = await createHook()
  const eventId = await emit()
  await emit('security.agent_disabled')
  await runSender()
  await runSender()
  expect(receiver.received).toHaveLength(1)
  const [first] = receiver.received
  if (!first) throw new Error('nothing came')
  expect(isSignedBy(hook.secret, first)).toBe(true)
  expect(isSignedBy(`${hook.secret}x`, first)).toBe(false)
  expect(isSignedBy(hook.secret, { ...first, body: first.body.replace('2', '3') })).toBe(false)
  expect(first.headers).toMatchObject({ 'keylease-event': 'key.rotated', 'content-type': 'application/json' })
  expect(JSON.parse(first.body)).toEqual({
    id: eventId,
    kind: 'key.rotated',
    occurredAt: expect.stringMatching(/^\d{4}-.*Z$/),
    organizationId: harness.organizationId,
    resource: { kind: 'provider-key', id: 'pky_x' },
    data: { number: 2 },
  })
  expect(await listDeliveries(hook.id)).toMatchObject([
    { id: first.headers['keylease-delivery'], status: 'delivered', attempts: 1, answerStatus: 204, failure: null, nextAttemptAt: null },
  ])
})

test('an event whose transaction is rolled back never happened', async () => {
  await createHook()
  const rolledBack = inTenant(harness.deps.db, harness.organizationId, async (tx) => {
    await recordEvent(tx, harness.organizationId, { kind: 'key.rotated', resource: { kind: 'provider-key', id: 'pky_x' } })
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow('no')
  await runSender()
  expect(receiver.received).toEqual([])
})

test('another tenant’s events stay with that tenant', async () => {
  const hook = await createHook()
  await emit('key.rotated', await harness.createTenant())
  await runSender()
  expect(receiver.received).toEqual([])
  expect(await listDeliveries(hook.id)).toEqual([])
})

test('two senders at once deliver each event once', async () => {
  const hook = await createHook()
  for (let i = 0; i < 8; i++) await emit()
  await Promise.all([runSender(), runSender(), runSender()])
  await runSender()
  expect(receiver.received).toHaveLength(8)
  expect(new Set(receiver.received.map((one) => one.headers['keylease-delivery'])).size).toBe(8)
  expect((await listDeliveries(hook.id)).every((one) => one.status === 'delivered' && one.attempts === 1)).toBe(true)
})

test('a sender that dies between sending and marking has its delivery sent again, under the same id', async () => {
  const hook = await createHook()
  await emit()
  let transactions = 0
  const dying = new Proxy(harness.deps.db.app, {
    get: (target, name) =>
      name === '$transaction' && ++transactions > 1 ? () => Promise.reject(new Error('killed')) : Reflect.get(target, name, target),
  })
  await runSender({ ...harness.deps, db: { ...harness.deps.db, app: dying } })
  expect(receiver.received).toHaveLength(1)
  await runSender()
  expect(receiver.received, 'the claim of the dead sender still holds').toHaveLength(1)
  clock.advance(minute + 1_000)
  await runSender()
  expect(receiver.received).toHaveLength(2)
  expect(receiver.received[1]?.headers['keylease-delivery']).toBe(receiver.received[0]?.headers['keylease-delivery'])
  expect(await listDeliveries(hook.id)).toMatchObject([{ status: 'delivered', attempts: 2 }])
})

test('a failure is tried again after longer and longer, up to a day, then given up and told', async () => {
  receiver.answer = { status: 500, body: `broken\u0000${'x'.repeat(5_000)}` }
  const hook = await createHook({ kinds: ['key.*', 'security.webhook_failed'] })
  await emit()
  const started = clock.now().getTime()
  const times: number[] = []
  for (let i = 0; i < 30; i++) {
    await runSender()
    const [delivery] = (await listDeliveries(hook.id)).filter((one) => one.kind === 'key.rotated')
    if (!delivery?.nextAttemptAt) break
    const wait = new Date(delivery.nextAttemptAt).getTime() - clock.now().getTime()
    times.push(wait)
    expect(delivery).toMatchObject({ status: 'pending', attempts: i + 1, answerStatus: 500 })
    expect(Buffer.byteLength(delivery.answerExcerpt ?? '')).toBeLessThanOrEqual(1_024)
    clock.advance(wait)
  }
  expect(clock.now().getTime() - started).toBeLessThanOrEqual(day)
  expect(clock.now().getTime() - started).toBeGreaterThan(day / 2)
  for (const [i, wait] of times.entries()) expect(wait).toBeGreaterThanOrEqual((times[i - 1] ?? 0) - minute)
  const failed = (await listDeliveries(hook.id)).find((one) => one.kind === 'key.rotated')
  expect(failed).toMatchObject({ status: 'failed', failure: 'The receiver answered 500, and not 2xx.' })
  receiver.answer = { status: 200 }
  await runSender()
  expect(receiver.received.at(-1)?.headers['keylease-event']).toBe('security.webhook_failed')
  expect((await getHook(hook.id)).failingSince).toBeNull()
})

test('five days of nothing but failures disable a webhook, with a reason, an event and an audit entry', async () => {
  const listener = await createHook({ kinds: ['security.webhook_disabled'] })
  const silent = await openReceiver()
  silent.answer = { status: 404 }
  const hook = await createHook({ url: silent.url })
  for (let i = 0; i < 6; i++) {
    expect((await getHook(hook.id)).enabled, `on day ${i}`).toBe(true)
    await emit()
    await runSender()
    clock.advance(day)
  }
  expect(await getHook(hook.id)).toMatchObject({ enabled: false, disabledReason: expect.stringMatching(/five days/) })
  expect((await listDeliveries(hook.id)).every((one) => one.status === 'failed')).toBe(true)
  await runSender()
  expect(receiver.received.map((one) => one.headers['keylease-event'])).toEqual(['security.webhook_disabled'])
  const entries = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query(`SELECT actor_kind FROM audit_entry WHERE action = 'webhook.disabled' AND resource_id = $1`, [hook.id]),
  )
  expect(entries.rows).toEqual([{ actor_kind: 'service' }])
  const again = (await read('PATCH', `/api/v1/webhooks/${hook.id}`, { enabled: true })) as Webhook
  expect(again).toMatchObject({ enabled: true, disabledReason: null, failingSince: null })
  expect(listener.enabled).toBe(true)
  await silent.close()
})

test('a success in between starts the five days anew', async () => {
  const hook = await createHook()
  for (const status of [500, 500, 200, 500, 500, 500]) {
    receiver.answer = { status }
    await emit()
    await runSender()
    clock.advance(2 * day)
  }
  expect((await getHook(hook.id)).enabled).toBe(true)
})

test('a redirect is not followed', async () => {
  const elsewhere = await openReceiver()
  receiver.answer = { status: 307, headers: { location: elsewhere.url } }
  const hook = await createHook()
  await emit()
  await runSender()
  expect([receiver.received.length, elsewhere.received.length]).toEqual([1, 0])
  expect(await listDeliveries(hook.id)).toMatchObject([
    { status: 'pending', answerStatus: 307, failure: expect.stringMatching(/redirect/) },
  ])
  await elsewhere.close()
})

test('an address that only turns private later is refused at connect, and nothing is sent', async () => {
  const hook = await createHook()
  await emit()
  const strict = await createHarness()
  await runSender({ ...harness.deps, outbound: strict.deps.outbound })
  await strict.close()
  expect(receiver.received).toEqual([])
  expect(await listDeliveries(hook.id)).toMatchObject([{ status: 'pending', failure: expect.stringMatching(/^This URL is not allowed/) }])
})

test('a test event comes to a disabled webhook too, and a delivery can be sent again by hand', async () => {
  const hook = await createHook()
  await read('PATCH', `/api/v1/webhooks/${hook.id}`, { enabled: false })
  const sent = Delivery.parse(await read('POST', `/api/v1/webhooks/${hook.id}/test`))
  await runSender()
  expect(receiver.received.map((one) => one.headers['keylease-event'])).toEqual(['webhook.test'])
  const again = Delivery.parse(await read('POST', `/api/v1/webhooks/deliveries/${sent.id}/retry`))
  expect(again).toMatchObject({ id: sent.id, status: 'pending', attempts: 0 })
  await runSender()
  expect(receiver.received.map((one) => one.headers['keylease-delivery'])).toEqual([sent.id, sent.id])
})

test('a deleted webhook hears nothing more, not even what was already on its way', async () => {
  receiver.answer = { status: 500 }
  const hook = await createHook()
  await emit()
  await runSender()
  await harness.request('DELETE', `/api/v1/webhooks/${hook.id}`)
  await emit()
  clock.advance(day / 2)
  await runSender()
  expect(receiver.received).toHaveLength(1)
})

test('a new secret signs from the next delivery on', async () => {
  const hook = await createHook()
  const secret = 'a-secret-of-our-own-0123456789'
  const changed = await harness.request('PATCH', `/api/v1/webhooks/${hook.id}`, { body: { secret } })
  expect(await changed.text()).not.toContain(secret)
  await emit()
  await runSender()
  expect(receiver.received.map((one) => [isSignedBy(secret, one), isSignedBy(hook.secret, one)])).toEqual([[true, false]])
})

test('the secret is in no log line, no table and no later answer', async () => {
  const hook = await createHook()
  await emit()
  await runSender()
  const rows = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, async (client) => [
    (await client.query('SELECT * FROM webhook')).rows,
    (await client.query('SELECT * FROM webhook_delivery')).rows,
    (await client.query('SELECT before, after FROM audit_entry')).rows,
  ])
  const answers = [await getHook(hook.id), await listDeliveries(hook.id)]
  expect(findSecrets(JSON.stringify([rows, answers, harness.logLines]), [hook.secret])).toEqual([])
  const sealed = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query<{ hex: string }>(`SELECT encode(sealed_secret, 'hex') AS hex FROM webhook WHERE id = $1`, [hook.id]),
  )
  expect(sealed.rows[0]?.hex).not.toContain(Buffer.from(hook.secret).toString('hex'))
})

test('after thirty days an event and its delivery are forgotten, unless it is still on its way', async () => {
  const hook = await createHook()
  await emit()
  await runSender()
  receiver.answer = { status: 500 }
  const waiting = await emit()
  await runSender()
  const age = () =>
    inTenantSql(harness.deps.db.systemPool, harness.organizationId, async (client) => {
      await client.query(`UPDATE outbox_event SET created_at = now() - interval '31 days'`)
    })
  await age()
  await removeExpired(harness.deps.db)
  expect(await listDeliveries(hook.id)).toMatchObject([{ eventId: waiting, status: 'pending' }])
  const left = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query('SELECT id FROM outbox_event WHERE handed_out_at IS NOT NULL'),
  )
  expect(left.rows).toEqual([{ id: waiting }])
})
