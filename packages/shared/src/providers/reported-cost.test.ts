import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readReportedNanos, readReportedTicks } from './reported-cost'

test.each([
  [0.0000171, 17_100n],
  [0, 0n],
  [1e-7, 100n],
  [12, 12_000_000_000n],
  [0.1 + 0.2, 300_000_000n],
  ['0.000000001', 1n],
  ['1.5e3', 1_500_000_000_000n],
  [0.0000000005, 0n],
  [0.0000000015, 2n],
  [0.0000000025, 2n],
  ['0.00000000250000000000000000000001', 3n],
  [1e-300, 0n],
])('%s dollars are %s nano-dollars, a tie goes to the even', (dollars, nanos) => {
  expect(readReportedNanos(dollars)).toBe(nanos)
})

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, '', '-0.1', '0x10', '1,5', '1'.repeat(400), null, undefined, {}, [0.1], true])(
  '%j is no amount',
  (value) => {
    expect(readReportedNanos(value)).toBeNull()
  },
)

test('a double is taken by its decimal text, never by multiplying it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (nanos) => {
      const text = String(nanos).padStart(10, '0')
      expect(readReportedNanos(`${text.slice(0, -9)}.${text.slice(-9)}`)).toBe(nanos)
      expect(readReportedNanos(Number(`${nanos}e-9`))).toBe(nanos)
    }),
  )
})

test.each([
  [37_756_000, 3_775_600n],
  [5, 0n],
  [15, 2n],
  [26, 3n],
])('%s ticks are %s nano-dollars', (ticks, nanos) => {
  expect(readReportedTicks(ticks)).toBe(nanos)
})

test.each([-1, 1.5, 2 ** 60, '100', null])('%j are no ticks', (value) => {
  expect(readReportedTicks(value)).toBeNull()
})
