import { describe, expect, it } from 'vitest'
import { settle } from '../../test/manual-clock'
import { createPoolRoom } from '../../test/pool-room'
import { toKind } from '../../test/scripted-transport'
import { ConnectionError, KeyleaseError } from '../errors'

const need = { provider: 'openai' }
const down = () => Promise.reject(new ConnectionError('The service is away.'))
const refuse = (code: string) => () => Promise.reject(new KeyleaseError(code, 'No.'))
const only = (kind: string, act: () => unknown) => (asked: Parameters<typeof toKind>[0]) => (toKind(asked) === kind ? act() : undefined)

describe('asking', () => {
  it('makes one request for a hundred calls that need the same', async () => {
    const { pool, transport } = createPoolRoom()
    const leases = await Promise.all(Array.from({ length: 100 }, () => pool.acquire(need)))
    expect(new Set(leases).size).toBe(1)
    expect(transport.count('issue')).toBe(1)
  })

  it('makes one request for each kind of need, in whatever order models are named', async () => {
    const { pool, transport } = createPoolRoom()
    const needs = [
      need,
      { ...need, models: ['a', 'b'] },
      { ...need, models: ['b', 'a'] },
      { provider: 'anthropic' },
      { ...need, keyId: 'pky_2' },
    ]
    await Promise.all(needs.map((one) => pool.acquire(one)))
    expect(transport.count('issue')).toBe(4)
  })

  it('asks again after a refusal, and gives every waiting call its reason', async () => {
    const { pool, transport } = createPoolRoom()
    transport.script = refuse('no_grant')
    const refused = await Promise.allSettled([pool.acquire(need), pool.acquire(need)])
    expect(refused.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(['no_grant', 'no_grant'])
    transport.script = () => undefined
    expect((await pool.acquire(need)).isLive).toBe(true)
  })

  it('lets one caller go without ending what the others wait for', async () => {
    const { pool, transport } = createPoolRoom()
    const gone = new AbortController()
    const waiting = [pool.acquire(need, gone.signal), pool.acquire(need)]
    gone.abort(new Error('gone'))
    const [first, second] = await Promise.allSettled(waiting)
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'gone' } })
    expect(second?.status).toBe('fulfilled')
    expect(transport.count('issue')).toBe(1)
  })

  it('asks nothing for a caller who has gone already', async () => {
    const { pool, transport } = createPoolRoom()
    transport.script = down
    await expect(pool.acquire(need, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
    expect(transport.asked).toEqual([])
  })
})

describe('time', () => {
  it('a function that was frozen past the end of its lease never uses it', async () => {
    const { pool, clock, transport } = createPoolRoom()
    const lease = await pool.acquire(need)
    clock.freeze(900_000)
    expect(lease.isLive).toBe(false)
    expect(await pool.acquire(need)).not.toBe(lease)
    expect(transport.count('issue')).toBe(2)
  })

  it('a wall clock that is set back does not make a lease live longer', async () => {
    const { pool, clock } = createPoolRoom()
    const lease = await pool.hold(need)
    clock.freeze(-3_600_000)
    expect(lease.remainingMs).toBe(900_000)
    await clock.pass(10)
    expect(lease.remainingMs).toBe(899_990)
  })

  it('a clock that is wrong by an hour changes nothing but the offset', async () => {
    const { pool, clock, transport } = createPoolRoom()
    const serverTime = new Date(clock.now() + 3_600_000).toISOString()
    const issued = { id: 'lse_9', provider: 'openai', delivery: 'gateway', credential: null, token: 'token' }
    const place = {
      baseUrl: 'http://127.0.0.1/',
      origins: [],
      scope: { keyId: 'pky_1', models: [], operations: [] },
      slice: null,
      prices: [],
    }
    transport.script = () => ({ ...issued, ...place, issuedAt: serverTime, serverTime, expiresInMs: 900_000, renewInMs: 300_000 })
    const lease = await pool.acquire(need)
    expect(lease.remainingMs).toBe(900_000)
    expect(lease.clockOffsetMs).toBe(3_600_000)
  })

  it('counts from when it asked, never from when it was answered', async () => {
    const { pool, clock, transport } = createPoolRoom()
    const answer = Promise.withResolvers<undefined>()
    transport.script = () => answer.promise
    const asked = pool.acquire(need)
    await clock.pass(5_000)
    answer.resolve(undefined)
    expect((await asked).remainingMs).toBe(895_000)
  })

  it('an unrenewed lease forgets its credential at its end', async () => {
    const { pool, clock, transport } = createPoolRoom()
    const lease = await pool.acquire(need)
    transport.script = only('renew', down)
    await clock.pass(901_000)
    expect(() => lease.credential).toThrow(expect.objectContaining({ code: 'lease_expired' }))
  })
})

describe('outage', () => {
  it('held leases work to their end, then calls hear that the service is away', async () => {
    const { pool, transport, clock } = createPoolRoom()
    const lease = await pool.acquire(need)
    transport.script = down
    await clock.pass(890_000)
    expect(await pool.acquire(need)).toBe(lease)
    await clock.pass(9_000)
    await expect(pool.acquire(need)).rejects.toBeInstanceOf(ConnectionError)
  })

  it("with onOutage 'fail' no call is made while the service is away, and calls go on once it is back", async () => {
    const { pool, transport, clock } = createPoolRoom({ onOutage: 'fail' })
    const lease = await pool.acquire(need)
    transport.script = only('renew', down)
    await clock.pass(300_000)
    await expect(pool.acquire(need)).rejects.toMatchObject({ code: 'connection_failed', retryable: true })
    transport.script = () => undefined
    await clock.pass(60_000)
    expect(await pool.acquire(need)).toBe(lease)
  })
})

describe('the end', () => {
  it('a lease that a provider refused is given back once its calls are over', async () => {
    const { pool, transport } = createPoolRoom()
    const lease = await pool.acquire(need)
    const close = lease.openCall({ cut: () => undefined, leave: () => undefined })
    pool.refuse(lease)
    expect(await pool.acquire(need)).not.toBe(lease)
    expect(transport.count('release')).toBe(0)
    close()
    close()
    await settle()
    expect(transport.count('release')).toBe(1)
  })

  it('a lease of one’s own is shared with nobody, renewed, and given back once at the end of its scope', async () => {
    const { pool, transport, clock } = createPoolRoom()
    {
      await using own = await pool.hold(need)
      expect(await pool.acquire(need)).not.toBe(own)
      await clock.pass(300_000)
      expect(own.remainingMs).toBe(900_000)
      await own.release()
      expect(() => own.credential).toThrow(expect.objectContaining({ code: 'lease_released' }))
    }
    expect(transport.count('release')).toBe(1)
    expect(clock.timers.size).toBe(1)
  })

  it('closing gives every lease back, leaves no timer, and lets no call through', async () => {
    const { pool, transport, clock } = createPoolRoom()
    await Promise.all([pool.acquire(need), pool.acquire({ provider: 'anthropic' }), pool.hold(need)])
    const late = pool.acquire({ provider: 'xai' })
    await pool.close()
    await expect(late).rejects.toMatchObject({ code: 'closed' })
    await expect(pool.acquire(need)).rejects.toMatchObject({ code: 'closed' })
    expect(transport.count('release')).toBe(4)
    expect(clock.timers.size).toBe(0)
  })

  it('closing while the service is away is no error', async () => {
    const { pool, transport } = createPoolRoom()
    await pool.acquire(need)
    transport.script = down
    await expect(pool.close()).resolves.toBeUndefined()
  })
})

describe('a change', () => {
  it('of the key gives calls another lease without a wait, and those under way finish under the old one', async () => {
    const { pool, transport, clock } = createPoolRoom()
    const old = await pool.acquire(need)
    const close = old.openCall({ cut: () => expect.unreachable(), leave: () => undefined })
    pool.replace((lease) => lease.scope.keyId === 'pky_1', 500)
    expect(await pool.acquire(need)).toBe(old)
    await clock.pass(500)
    const fresh = await pool.acquire(need)
    expect(fresh).not.toBe(old)
    expect(transport.count('release')).toBe(0)
    close()
    await settle()
    expect(transport.count('release')).toBe(1)
    expect(transport.count('issue')).toBe(2)
  })

  it('of the key keeps the old lease while no other is to be had', async () => {
    const { pool, transport, clock } = createPoolRoom()
    const old = await pool.acquire(need)
    transport.script = down
    pool.replace(() => true, 500)
    await clock.pass(500)
    expect(await pool.acquire(need)).toBe(old)
  })
})
