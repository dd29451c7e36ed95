import { describe, expect, it } from 'vitest'
import { settle } from '../../test/manual-clock'
import { createPoolRoom } from '../../test/pool-room'
import { toKind } from '../../test/scripted-transport'
import { ConnectionError, KeyleaseError, LeaseRevokedError } from '../errors'

const need = { provider: 'openai' }
const down = () => Promise.reject(new ConnectionError('The service is away.'))
const refuse = (code: string) => () => Promise.reject(new KeyleaseError(code, 'No.'))
const only = (kind: string, act: () => unknown) => (asked: Parameters<typeof toKind>[0]) => (toKind(asked) === kind ? act() : undefined)

describe('renewal', () => {
  it('comes at a third of life, and the token for the gateway with it', async () => {
    const { pool, transport, clock, heard } = createPoolRoom()
    const lease = await pool.acquire(need)
    await clock.pass(299_999)
    expect(transport.count('renew')).toBe(0)
    await clock.pass(1)
    expect(transport.count('renew')).toBe(1)
    expect(lease.remainingMs).toBe(900_000)
    expect(lease.credential.reveal()).toBe('renewed-2')
    expect(heard).toEqual(['renewed'])
    await clock.pass(300_000)
    expect(transport.count('renew')).toBe(2)
    expect(clock.timers.size).toBe(1)
  })

  it('asks for as long a life as the lease was taken for, and says how far its numbers went and which calls are open', async () => {
    const { pool, transport, clock } = createPoolRoom()
    const lease = await pool.hold({ ...need, ttlSeconds: 60 })
    for (let call = 0; call < 3; call++) lease.nextSequence()
    lease.closeSequence(2)
    await clock.pass(300_000)
    const openIntents = [{ sequence: 1 }, { sequence: 3 }]
    expect(transport.asked.at(-1)?.body).toEqual({ openedThrough: 3, openIntents, ttlSeconds: 60 })
  })

  it('names no more open calls than the service takes', async () => {
    const { pool, transport, clock } = createPoolRoom()
    const lease = await pool.hold(need)
    for (let call = 0; call < 1_500; call++) lease.nextSequence()
    await clock.pass(300_000)
    expect(transport.asked.at(-1)?.body).toMatchObject({ openedThrough: 1_500, openIntents: { length: 1_000 } })
  })

  it('backs off while the service is away, tells so once, and never asks beyond the life of the lease', async () => {
    const { pool, transport, clock, heard } = createPoolRoom()
    const lease = await pool.acquire(need)
    transport.script = only('renew', down)
    await clock.pass(300_000)
    const gaps: number[] = []
    for (let tries = 0; tries < 6; tries++) {
      gaps.push(clock.nextInMs)
      await clock.pass(clock.nextInMs)
    }
    for (const [index, gap] of gaps.entries()) {
      const longest = Math.min(60_000, 1_000 * 2 ** (index + 1))
      expect(gap).toBeGreaterThanOrEqual(longest / 2)
      expect(gap).toBeLessThanOrEqual(longest)
    }
    expect(lease.isLive).toBe(true)
    expect(await pool.acquire(need)).toBe(lease)
    await clock.pass(900_000)
    expect(heard).toEqual(['degraded'])
    expect(transport.count('renew')).toBeLessThan(25)
    expect(clock.timers.size).toBe(0)
  })

  it('goes on with the same lease when the service is back before it ends', async () => {
    const { pool, transport, clock, heard } = createPoolRoom()
    const lease = await pool.acquire(need)
    transport.script = only('renew', down)
    await clock.pass(600_000)
    transport.script = () => undefined
    await clock.pass(60_000)
    expect(heard).toEqual(['degraded', 'renewed'])
    expect(await pool.acquire(need)).toBe(lease)
    expect(transport.count('issue')).toBe(1)
  })

  it.each(['lease_revoked', 'lease_expired', 'not_found'])('ends the lease when the service says %s', async (code) => {
    const { pool, transport, clock, heard } = createPoolRoom()
    const lease = await pool.acquire(need)
    transport.script = only('renew', refuse(code))
    await clock.pass(300_000)
    expect(() => lease.credential).toThrow(LeaseRevokedError)
    expect(heard).toEqual(['revoked'])
    expect(await pool.acquire(need)).not.toBe(lease)
  })

  it('gives the lease back when the policy no longer gives it, and the next call hears why', async () => {
    const { pool, transport, clock } = createPoolRoom()
    const lease = await pool.acquire(need)
    transport.script = (asked) => (toKind(asked) === 'release' ? undefined : refuse('policy_changed')())
    await clock.pass(300_000)
    expect(lease.isLive).toBe(false)
    expect(transport.count('release')).toBe(1)
    await expect(pool.acquire(need)).rejects.toMatchObject({ code: 'policy_changed' })
  })

  it('of a lease that was given up meanwhile plans nothing more', async () => {
    const { pool, transport, clock } = createPoolRoom()
    const lease = await pool.acquire(need)
    const answer = Promise.withResolvers<unknown>()
    transport.script = only('renew', () => answer.promise)
    await clock.pass(300_000)
    pool.refuse(lease)
    answer.resolve(undefined)
    await settle()
    expect(clock.timers.size).toBe(0)
  })
})
