import { toProbeResult } from '@keylease/shared/providers/probe'
import type { ProbeReason } from '@keylease/shared/providers/provider'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HealthState, judgeProbe, newsOf } from './judgement'
import { nextProbeDelayMs, toIntervalMs } from './pace'

const unknown: HealthState = { health: 'unknown', refusals: 0, failures: 0 }
const after = (reasons: readonly ProbeReason[], isScheduled = true) =>
  reasons.reduce((state, reason) => judgeProbe(state, toProbeResult(reason), isScheduled), unknown).health

const proofless = ['rate_limited', 'provider_error', 'unexpected_answer', 'unreachable', 'timeout', 'url_not_allowed', 'forbidden'] as const

describe('the health of a key', () => {
  test.each([
    [['accepted'], 'healthy'],
    [['restricted'], 'healthy'],
    [['no_quota'], 'no_quota'],
    [['bad_key'], 'unknown'],
    [['bad_key', 'bad_key'], 'rejected'],
    [['accepted', 'bad_key'], 'healthy'],
    [['bad_key', 'timeout', 'bad_key'], 'rejected'],
    [['bad_key', 'accepted', 'bad_key'], 'healthy'],
    [['accepted', 'timeout', 'timeout'], 'healthy'],
    [['accepted', 'timeout', 'timeout', 'timeout'], 'unreachable'],
    [['provider_error', 'provider_error', 'unexpected_answer'], 'degraded'],
    [['rate_limited', 'rate_limited', 'rate_limited'], 'limited'],
    [['timeout', 'timeout', 'timeout', 'accepted'], 'healthy'],
    [['no_quota', 'timeout', 'timeout', 'timeout'], 'no_quota'],
    [['bad_key', 'bad_key', 'timeout', 'timeout', 'timeout'], 'rejected'],
  ] as const)('after %j on schedule it is %s', (reasons, health) => expect(after(reasons)).toBe(health))

  test('counts a refusal at once when a person asked, and a silence not at all', () => {
    expect(after(['bad_key'], false)).toBe('rejected')
    expect(after(['accepted', 'timeout', 'timeout', 'timeout', 'timeout'], false)).toBe('healthy')
  })

  test('is never rejected by any outage, and never healed by one', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...proofless), { maxLength: 30 }), (reasons) => {
        expect(after(['accepted', ...reasons])).not.toBe('rejected')
        expect(after(['bad_key', 'bad_key', ...reasons])).toBe('rejected')
      }),
    )
  })

  test('is news when it changes for the worse, or comes back', () => {
    expect(newsOf('unknown', 'healthy')).toBeNull()
    expect(newsOf('healthy', 'healthy')).toBeNull()
    expect(newsOf('healthy', 'rejected')).toBe('key.unhealthy')
    expect(newsOf('unreachable', 'healthy')).toBe('key.recovered')
  })
})

describe('the next check', () => {
  const hour = 3_600_000
  const delay = (refusals: number, failures: number, random = 0.5) => nextProbeDelayMs({ refusals, failures }, hour, random) / hour

  test('comes after the interval, a fifth more or less', () => {
    expect([delay(0, 0, 0), delay(0, 0), delay(0, 0, 1)].map((hours) => Math.round(hours * 60))).toEqual([48, 60, 72])
    const delays = Array.from({ length: 1_000 }, () => delay(0, 0, Math.random()))
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(0.3)
  })

  test('confirms a first refusal within about a minute', () =>
    expect(nextProbeDelayMs({ refusals: 1, failures: 0 }, hour, 0.5)).toBe(60_000))

  test('backs off to at most six hours while nothing is proven or the key stays refused', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => delay(0, failures))).toEqual([1, 2, 4, 6, 6, 6])
    expect([2, 3, 4, 5, 6].map((refusals) => delay(refusals, 0))).toEqual([1, 2, 4, 6, 6])
    expect(delay(0, 50, 1)).toBe(6)
  })

  test('spares a key whose checks count against a quota of requests', () => {
    expect([toIntervalMs('alpha-vantage', hour), toIntervalMs('openai', hour), toIntervalMs('acme', hour)]).toEqual([24 * hour, hour, hour])
  })
})
