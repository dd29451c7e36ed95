import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Clock } from '../clock'
import { createRateLimiter, type RateLimits, rateHeaders, rateTable } from './rate-limit'

const start = Date.UTC(2026, 10, 21)

function setUp(options: { live?: () => number } = {}) {
  let ms = 0
  const clock: Clock = { now: () => new Date(start + ms), monotonicMs: () => ms }
  const limiter = createRateLimiter({ clock, live: options.live ?? (() => 1) })
  const moveTo = (to: number) => {
    ms = to
  }
  return { limiter, moveTo, advance: (by: number) => moveTo(ms + by) }
}

const limitsArbitrary = fc.record({ perMinute: fc.integer({ min: 1, max: 100_000 }), burst: fc.integer({ min: 1, max: 1_000 }) })
const stepMs = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5_000, noNaN: true }), fc.integer({ min: 0, max: 10_000_000 }))

function drain(take: () => boolean, atMost: number): number {
  let admitted = 0
  while (admitted <= atMost && take()) admitted += 1
  return admitted
}

test('over any schedule no more is admitted than rate × time + burst', () => {
  const schedule = fc.array(fc.record({ step: stepMs, tries: fc.integer({ min: 1, max: 60 }) }), { maxLength: 40 })
  fc.assert(
    fc.property(limitsArbitrary, schedule, (limits, steps) => {
      const { limiter, advance } = setUp()
      let elapsedMs = 0
      let admitted = 0
      for (const { step, tries } of steps) {
        advance(step)
        elapsedMs += step
        for (let i = 0; i < tries; i++) if (limiter.take('a', 'read', limits).admitted) admitted += 1
        expect(admitted).toBeLessThanOrEqual((limits.perMinute * elapsedMs) / 60_000 + limits.burst + 1e-6)
      }
    }),
  )
})

test('a caller that keeps to the rate is never refused, however long and at whatever fraction of a millisecond', () => {
  const { limiter, moveTo } = setUp()
  const limits = { perMinute: 7, burst: 2 }
  for (let i = 0; i < 50_000; i++) {
    moveTo((i * 60_000) / 7)
    expect(limiter.take('a', 'read', limits).admitted).toBe(true)
  }
})

test.each([3, 7, 10, 13])('a token comes back to the millisecond, however often it is asked for: %s times each', (steps) => {
  const { limiter, moveTo } = setUp()
  for (const perMinute of [6, 30, 60, 120]) {
    const limits = { perMinute, burst: 1 }
    const caller = `${perMinute}`
    moveTo(0)
    limiter.take(caller, 'read', limits)
    let step = 0
    do moveTo(++step / steps)
    while (!limiter.take(caller, 'read', limits).admitted)
    expect(step).toBe((60_000 / perMinute) * steps)
  }
})

test('the headers agree with what happens next', () => {
  fc.assert(
    fc.property(limitsArbitrary, fc.array(fc.tuple(stepMs, fc.integer({ min: 0, max: 40 })), { maxLength: 8 }), (limits, past) => {
      const { limiter, advance } = setUp()
      const take = () => limiter.take('a', 'write', limits)
      for (const [step, tries] of past) {
        advance(step)
        for (let i = 0; i < tries; i++) take()
      }
      const told = take()
      expect(told.limit).toBe(limits.burst)
      expect(drain(() => take().admitted, limits.burst)).toBe(told.remaining)
      const refused = take()
      expect(refused).toMatchObject({ admitted: false, remaining: 0 })
      expect(refused.retryAfterSeconds).toBeGreaterThanOrEqual(1)
      expect(rateHeaders(refused)['Retry-After']).toBe(String(refused.retryAfterSeconds))
      advance(refused.retryAfterSeconds * 1_000)
      const next = take()
      expect(next.admitted).toBe(true)
      expect(rateHeaders(next)).not.toHaveProperty('Retry-After')
      advance(next.resetSeconds * 1_000)
      expect(take().remaining).toBe(limits.burst - 1)
    }),
  )
})

test('RateLimit-Reset is not a second longer than it takes to be full', () => {
  const { limiter, advance } = setUp()
  const limits = { perMinute: 60, burst: 10 }
  let last = limiter.take('a', 'read', limits)
  for (let i = 0; i < 9; i++) last = limiter.take('a', 'read', limits)
  expect(last).toMatchObject({ remaining: 0, resetSeconds: 10 })
  advance(8_999)
  expect(limiter.take('a', 'read', limits).remaining).toBe(7)
})

test('a clock that stands still, steps back or jumps admits no more than the burst each time and refuses no one for good', () => {
  const limits = { perMinute: 60, burst: 5 }
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: -10_000_000, max: 10_000_000 }), fc.constantFrom(0, Number.MAX_SAFE_INTEGER)), { maxLength: 10 }),
      (places) => {
        const { limiter, advance, moveTo } = setUp()
        for (const place of places) {
          moveTo(place)
          expect(drain(() => limiter.take('a', 'read', limits).admitted, 100)).toBeLessThanOrEqual(limits.burst)
        }
        moveTo(0)
        drain(() => limiter.take('a', 'read', limits).admitted, 100)
        advance(1_000)
        expect(limiter.take('a', 'read', limits).admitted).toBe(true)
      },
    ),
  )
})

test('n replicas together admit the limit, and the headers of each tell its part', () => {
  let live = 3
  const { limiter } = setUp({ live: () => live })
  const limits = { perMinute: 60, burst: 10 }
  const first = limiter.take('a', 'read', limits)
  expect(first).toMatchObject({ admitted: true, limit: 3, remaining: 2 })
  expect(drain(() => limiter.take('a', 'read', limits).admitted, 100)).toBe(2)
  live = 50
  const lonely = limiter.take('b', 'read', limits)
  expect(lonely).toMatchObject({ admitted: true, limit: 1, remaining: 0 })
  expect(limiter.take('b', 'read', limits)).toMatchObject({ admitted: false, retryAfterSeconds: 50 })
})

test.each([0, -1, 0.5, Number.NaN])('a replica that does not know how many live (%s) enforces the whole limit', (live) => {
  expect(setUp({ live: () => live }).limiter.take('a', 'read')).toMatchObject({ admitted: true, limit: rateTable.read.burst })
})

test('each caller and each class has its own bucket', () => {
  const { limiter } = setUp()
  const limits: RateLimits = { perMinute: 1, burst: 1 }
  expect(limiter.take('a', 'read', limits).admitted).toBe(true)
  expect(limiter.take('a', 'read', limits).admitted).toBe(false)
  expect(limiter.take('a', 'write', limits).admitted).toBe(true)
  expect(limiter.take('b', 'read', limits).admitted).toBe(true)
  expect(limiter.take('read a', 'read', limits).admitted).toBe(true)
})

test('a limit that changes holds from the next request on', () => {
  const { limiter } = setUp()
  expect(limiter.take('a', 'read', { perMinute: 60, burst: 100 }).remaining).toBe(99)
  expect(limiter.take('a', 'read', { perMinute: 60, burst: 10 }).remaining).toBe(9)
  expect(limiter.take('a', 'read', { perMinute: 60, burst: 100 }).remaining).toBe(8)
})

test('fifty thousand callers are remembered, one more forgets the least recent, and a busy one stays', () => {
  const { limiter } = setUp()
  const limits = { perMinute: 1, burst: 1 }
  for (let i = 0; i < 50_000; i++) limiter.take(`caller-${i}`, 'read', limits)
  expect(limiter.take('caller-0', 'read', limits).admitted).toBe(false)
  limiter.take('one-more', 'read', limits)
  expect(limiter.take('caller-0', 'read', limits).admitted).toBe(false)
  expect(limiter.take('caller-2', 'read', limits).admitted).toBe(false)
  expect(limiter.take('caller-1', 'read', limits).admitted).toBe(true)
})

test('the table speaks for every class in the headers, and a probe is never short', () => {
  const { limiter } = setUp()
  expect(rateHeaders(limiter.take('a', 'public'))).toEqual({
    'RateLimit-Limit': '300',
    'RateLimit-Remaining': '299',
    'RateLimit-Reset': '1',
    'RateLimit-Policy': '300;w=60;burst=300',
  })
  expect(rateHeaders(limiter.take('a', 'read'))['RateLimit-Policy']).toBe('6000;w=60;burst=600')
  expect(rateHeaders(limiter.take('a', 'write'))['RateLimit-Policy']).toBe('1200;w=60;burst=600')
  for (let i = 0; i < 10_000; i++) expect(limiter.take('a', 'probe').admitted).toBe(true)
})
