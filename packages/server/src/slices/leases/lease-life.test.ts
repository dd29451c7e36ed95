import type { IssuedLease, Lease, RenewedLease } from '@keylease/shared/contracts/lease-bodies'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { createHarness, type Harness } from '../../../test/harness'
import { createHolder, type LeaseHolder } from '../../../test/lease-holder'
import { call } from '../../../test/room'
import { testSize } from '../../../test/size'
import { verifyLeaseToken } from '../../platform/lease-check'
import { settleLeases } from './upkeep'

const clock = createTestClock()
let harness: Harness

beforeAll(async () => {
  harness = await createHarness({}, clock)
})
afterAll(() => harness.close())

const as = <T = Record<string, unknown>>(token: string | undefined, method: string, path: string, body?: unknown) =>
  call<T>(harness, token, method, path, body)

/** What a lease is by the words of the domain: nothing but when it was issued, how long it lives and what ended it. */
interface Modelled {
  id: string
  token: string
  expiresMs: number
  endsByMs: number
  endedAs: 'released' | 'revoked' | null
}

type Act =
  | { kind: 'issue'; ttl: number }
  | { kind: 'renew' | 'release' | 'revoke'; pick: number; ttl: number }
  | { kind: 'revokeAgent' }
  | { kind: 'settle' }
  | { kind: 'wait'; seconds: number }

const ttl = fc.integer({ min: 30, max: 3_600 })
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('issue' as const), ttl }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('renew' as const, 'release' as const, 'revoke' as const), pick: fc.nat(), ttl }),
  },
  { weight: 2, arbitrary: fc.constantFrom<Act>({ kind: 'revokeAgent' }, { kind: 'settle' }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 40_000 }) }) },
)

const nowMs = () => clock.now().getTime()
const isAlive = (lease: Modelled) => lease.endedAs === null && lease.expiresMs > nowMs()
const statusOf = (lease: Modelled) => lease.endedAs ?? (isAlive(lease) ? 'active' : 'expired')
const slackMs = 5_000

async function perform(holder: LeaseHolder, leases: Modelled[], act: Act): Promise<void> {
  if (act.kind === 'wait') return clock.advance(act.seconds * 1_000)
  if (act.kind === 'settle') return settleLeases(harness.deps)
  if (act.kind === 'issue') return issue(holder, leases, act.ttl)
  if (act.kind === 'revokeAgent') {
    const live = leases.filter(isAlive)
    const { body } = await as(undefined, 'POST', '/api/v1/leases/revoke', { agentId: holder.agentId })
    expect(body).toMatchObject({ revoked: live.length })
    for (const lease of live) lease.endedAs = 'revoked'
    return
  }
  const lease = leases[act.pick % Math.max(1, leases.length)]
  if (!lease || Math.abs(lease.expiresMs - nowMs()) < slackMs) return
  if (act.kind === 'renew') return renew(holder, lease, act.ttl)
  const before = statusOf(lease)
  const isRelease = act.kind === 'release'
  const answer = isRelease
    ? await as(holder.token, 'DELETE', `/v1/leases/${lease.id}`, {})
    : await as(undefined, 'DELETE', `/api/v1/leases/${lease.id}`, {})
  expect(answer.status).toBe(isRelease ? 204 : 200)
  if (before === 'active') lease.endedAs = isRelease ? 'released' : 'revoked'
}

async function issue(holder: LeaseHolder, leases: Modelled[], ttlSeconds: number): Promise<void> {
  const at = nowMs()
  const { status, body } = await as<IssuedLease>(holder.token, 'POST', '/v1/leases', { provider: 'openai', ttlSeconds })
  expect(status, JSON.stringify(body)).toBe(201)
  const expiresMs = Date.parse(body.expiresAt)
  expect(Math.abs(expiresMs - at - ttlSeconds * 1_000)).toBeLessThan(slackMs)
  leases.push({ id: body.id, token: body.token ?? '', expiresMs, endsByMs: at + 86_400_000, endedAs: null })
}

async function renew(holder: LeaseHolder, lease: Modelled, ttlSeconds: number): Promise<void> {
  const before = statusOf(lease)
  const { status, body } = await as<RenewedLease>(holder.token, 'POST', `/v1/leases/${lease.id}/renew`, { ttlSeconds })
  if (before !== 'active') {
    expect([status, body.error?.code]).toEqual([410, `lease_${before}`])
    return
  }
  expect(status, JSON.stringify(body)).toBe(200)
  const wanted = Math.max(lease.expiresMs, Math.min(nowMs() + ttlSeconds * 1_000, lease.endsByMs))
  lease.expiresMs = Date.parse(body.expiresAt)
  lease.token = body.token ?? ''
  expect(Math.abs(lease.expiresMs - wanted)).toBeLessThan(slackMs)
}

async function compare(leases: readonly Modelled[]): Promise<void> {
  for (const lease of leases.filter(({ expiresMs }) => Math.abs(expiresMs - nowMs()) > slackMs)) {
    const shown = (await as<Lease>(undefined, 'GET', `/api/v1/leases/${lease.id}`)).body
    expect(shown.status, lease.id).toBe(statusOf(lease))
    const verified = verifyLeaseToken(harness.deps, lease.token)
    expect('refused' in verified, lease.id).toBe(!isAlive(lease))
  }
}

test('whatever is done to leases in whatever order, each is what its issue, its renewals and its end make it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: 14 }), async (sequence) => {
      const holder = await createHolder(harness)
      const leases: Modelled[] = []
      for (const act of sequence) {
        clock.advance(20)
        await perform(holder, leases, act)
      }
      await compare(leases)
      clock.advance(86_400_000)
      await settleLeases(harness.deps)
      const live = await as(undefined, 'GET', `/api/v1/leases?agentId=${holder.agentId}&status=active`)
      expect(live.body).toMatchObject({ total: 0 })
    }),
    { numRuns: testSize(12, 400) },
  )
})
