import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantileOf, sketchBuckets, sketchThresholds, toSketchBucket } from './latency-sketch'

test('thresholds rise from a millisecond to an hour in 63 whole steps', () => {
  expect(sketchThresholds).toHaveLength(63)
  expect([sketchThresholds[0], sketchThresholds.at(-1)]).toEqual([1, 3_600_000])
  expect(sketchThresholds.every((one, i) => Number.isInteger(one) && one > (sketchThresholds[i - 1] ?? 0))).toBe(true)
})

test('a time lies between the thresholds of its bucket', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000_000 }), (ms) => {
      const bucket = toSketchBucket(ms)
      expect(ms).toBeGreaterThanOrEqual(sketchThresholds[bucket - 1] ?? 0)
      expect(ms).toBeLessThan(sketchThresholds[bucket] ?? Number.POSITIVE_INFINITY)
    }),
  )
})

test('a quantile of a sketch is within a bucket of the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 12, max: 3_000_000 }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (times, q) => {
        const sketch = Array<number>(sketchBuckets).fill(0)
        for (const ms of times) sketch[toSketchBucket(ms)] = (sketch[toSketchBucket(ms)] ?? 0) + 1
        const sorted = times.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(q * times.length)) - 1] ?? 0
        const told = quantileOf(sketch, q) ?? 0
        expect(told / exact).toBeGreaterThan(1 / 1.4)
        expect(told / exact).toBeLessThan(1.4)
      },
    ),
  )
})

test('a sketch without calls has no quantile', () => {
  expect([quantileOf([], 0.5), quantileOf(Array<number>(sketchBuckets).fill(0), 0.99)]).toEqual([null, null])
})
