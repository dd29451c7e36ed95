import type { Revocation, StreamState } from '@keylease/shared/contracts/lease-events'
import { describe, expect, it } from 'vitest'
import { settle } from '../../test/manual-clock'
import { createPoolRoom } from '../../test/pool-room'
import { toKind } from '../../test/scripted-transport'
import { KeyleaseError, LeaseRevokedError } from '../errors'
import type { Lease } from './lease'
import { createRevocations, type Revocations } from './revocations'

const need = { provider: 'openai' }

async function createRoom() {
  let welcome: Revocations['welcome'] = () => undefined
  const room = createPoolRoom({}, (lease) => welcome(lease))
  let text: (chunk: string) => void = () => undefined
  let opened = 0
  const revocations = createRevocations({
    ...room,
    openStream(_, __, on) {
      opened++
      text = on.text
      return { close: on.end }
    },
  })
  welcome = (lease) => revocations.welcome(lease)
  const say = async (name: string, data: unknown) => {
    text(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    await settle()
  }
  return { ...room, revocations, say, countOpened: () => opened }
}

type Room = Awaited<ReturnType<typeof createRoom>>

const iso = (ms: number) => new Date(ms).toISOString()

const toState = ({ clock }: Room, leases: Lease[], revocations: Revocation[] = []): StreamState => ({
  serverTime: iso(clock.now()),
  clientId: 'evc_1',
  leases: leases.map(({ id, issuedAt }) => ({ id, issuedAt, expiresAt: issuedAt, expiresInMs: 900_000 })),
  revocations,
})

const revoke = ({ clock }: Room, changes: Partial<Revocation> = {}): Revocation => ({
  revocationId: 'rvk_1',
  scope: 'agent',
  scopeId: 'agt_1',
  notBefore: iso(clock.now()),
  inFlight: 'finish',
  ...changes,
})

/** A call under a lease; why it was cut, if it was. */
function openCall(lease: Lease) {
  let reason: unknown = null
  const close = lease.openCall({
    cut(given) {
      reason = given
      close()
    },
    leave: () => undefined,
  })
  return {
    close,
    get reason() {
      return reason
    },
  }
}

describe('the stream', () => {
  it('is opened with the first lease, not before', async () => {
    const room = await createRoom()
    expect(room.countOpened()).toBe(0)
    await room.pool.acquire(need)
    await room.pool.acquire({ provider: 'xai' })
    await settle()
    expect(room.countOpened()).toBe(1)
  })

  it('leaves alone what this release does not know', async () => {
    const room = await createRoom()
    const lease = await room.pool.acquire(need)
    await settle()
    await room.say('moon.phase', { full: true })
    await room.say('constructor', {})
    expect(lease.isLive).toBe(true)
    expect(room.countOpened()).toBe(1)
  })

  it.each([null, 3, [], { leases: 'none' }])('survives a state that is %j', async (data) => {
    const room = await createRoom()
    const lease = await room.pool.acquire(need)
    await settle()
    await room.say('state', data)
    await room.say('lease.revoked', data)
    await room.clock.pass(1_000)
    expect(lease.isLive).toBe(true)
    expect(room.countOpened()).toBeGreaterThan(1)
  })
})

describe('a revocation', () => {
  it('that lets calls finish ends the lease for new ones, and is acknowledged when the last call is over', async () => {
    const room = await createRoom()
    const lease = await room.pool.acquire(need)
    await settle()
    await room.say('state', toState(room, [lease]))
    const call = openCall(lease)
    await room.say('lease.revoked', revoke(room))
    expect(() => lease.credential).toThrow(LeaseRevokedError)
    expect(room.heard).toEqual(['revoked'])
    expect(await room.pool.acquire(need)).not.toBe(lease)
    expect(call.reason).toBeNull()
    expect(room.transport.count('ack')).toBe(0)
    call.close()
    await settle()
    expect(room.transport.asked.at(-1)).toMatchObject({ path: '/v1/events/ack', body: { clientId: 'evc_1', revocationIds: ['rvk_1'] } })
  })

  it('that cuts ends the calls with a reason and is acknowledged at once', async () => {
    const room = await createRoom()
    const lease = await room.pool.acquire(need)
    await settle()
    const call = openCall(lease)
    await room.say('lease.revoked', revoke(room, { inFlight: 'cut' }))
    expect(call.reason).toBeInstanceOf(LeaseRevokedError)
    expect(room.transport.count('ack')).toBe(1)
  })

  it('that cuts after one that lets finish, or after a rotation, still ends the calls', async () => {
    const room = await createRoom()
    const [first, second] = [await room.pool.acquire(need), await room.pool.acquire({ provider: 'xai' })]
    await settle()
    const calls = [openCall(first), openCall(second)]
    await room.say('lease.revoked', revoke(room, { scope: 'lease', scopeId: first.id }))
    await room.say('key.rotated', { keyId: 'pky_1' })
    await room.clock.pass(500)
    await room.say('lease.revoked', revoke(room, { inFlight: 'cut', notBefore: iso(room.clock.now() - 400) }))
    expect(calls.map(({ reason }) => reason instanceof LeaseRevokedError)).toEqual([true, true])
  })

  it('is acknowledged by a client that holds nothing of it', async () => {
    const room = await createRoom()
    const lease = await room.pool.acquire(need)
    await settle()
    await room.say('lease.revoked', revoke(room, { scope: 'key', scopeId: 'pky_other' }))
    expect(lease.isLive).toBe(true)
    expect(room.transport.count('ack')).toBe(1)
  })

  it.each([
    ['organization', 'org_1'],
    ['project', 'prj_1'],
    ['agent', 'agt_1'],
    ['key', 'pky_1'],
    ['key-version', 'kver_1'],
    ['grant', 'grant_1'],
    ['lease', 'lse_1'],
  ] as const)('of the %s reaches its leases and no others', async (scope, scopeId) => {
    const room = await createRoom()
    const lease = await room.pool.acquire(need)
    await settle()
    await room.say('lease.revoked', revoke(room, { scope, scopeId: `${scopeId}x` }))
    expect(lease.isLive).toBe(true)
    await room.say('lease.revoked', revoke(room, { scope, scopeId }))
    expect(lease.isLive).toBe(false)
  })

  it('does not reach a lease that was issued after it', async () => {
    const room = await createRoom()
    const lease = await room.pool.acquire(need)
    await settle()
    await room.say('lease.revoked', revoke(room, { notBefore: iso(room.clock.now() - 1) }))
    expect(lease.isLive).toBe(true)
  })

  it('reaches a lease whose answer was still on its way', async () => {
    const room = await createRoom()
    await room.pool.acquire(need)
    await settle()
    const answer = Promise.withResolvers<undefined>()
    room.transport.script = (asked) => (toKind(asked) === 'issue' ? answer.promise : undefined)
    const late = room.pool.hold({ provider: 'xai' })
    await room.say('lease.revoked', revoke(room))
    answer.resolve(undefined)
    expect((await late).isLive).toBe(false)
  })

  it('of a credential asks the service about each lease, and ends those that it has ended', async () => {
    const room = await createRoom()
    const [first, second] = [await room.pool.acquire(need), await room.pool.acquire({ provider: 'xai' })]
    await settle()
    const call = openCall(first)
    room.transport.script = ({ path }) =>
      path.includes(`${first.id}/renew`) ? Promise.reject(new KeyleaseError('unauthenticated', 'No.')) : undefined
    await room.say('lease.revoked', revoke(room, { scope: 'platform-key', scopeId: 'plk_1', inFlight: 'cut' }))
    expect([first.isLive, second.isLive]).toEqual([false, true])
    expect(call.reason).toBeInstanceOf(LeaseRevokedError)
    expect(room.transport.count('ack')).toBe(1)
  })
})

describe('the state', () => {
  it('ends what the service no longer has, and nothing that is newer than what it knows', async () => {
    const room = await createRoom()
    const gone = await room.pool.acquire(need)
    await settle()
    await room.clock.pass(10_000)
    const [kept, fresh] = [await room.pool.acquire({ provider: 'xai' }), await room.pool.hold(need)]
    await room.say('state', toState(room, [kept]))
    expect([gone.isLive, kept.isLive, fresh.isLive]).toEqual([false, true, true])
  })

  it('brings what was revoked while nobody listened', async () => {
    const room = await createRoom()
    const lease = await room.pool.acquire(need)
    await settle()
    const call = openCall(lease)
    await room.say('state', toState(room, [], [revoke(room, { inFlight: 'cut' })]))
    expect(lease.isLive).toBe(false)
    expect(call.reason).toBeInstanceOf(LeaseRevokedError)
  })
})

it('a changed policy has every lease ask again, each at a moment of its own', async () => {
  const room = await createRoom()
  const lease = await room.pool.acquire(need)
  await settle()
  room.transport.script = (asked) => (toKind(asked) === 'renew' ? Promise.reject(new KeyleaseError('policy_changed', 'No.')) : undefined)
  await room.say('policy.changed', {})
  await room.clock.pass(500)
  expect(lease.isLive).toBe(false)
  expect((await room.pool.acquire(need)).isLive).toBe(true)
})
