import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Nanos } from './money'
import { divideHalfEven } from './rounding'

const maximum = 2n ** 63n - 1n
const abs = (n: bigint) => (n < 0n ? -n : n)

test('every amount has one spelling and comes back as it went', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: maximum }), (nanos) => {
      const wire = Nanos.encode(nanos)
      expect(wire).toBe(nanos.toString())
      expect(Nanos.decode(wire)).toBe(nanos)
    }),
  )
  for (const nanos of [0n, 1n, maximum]) expect(Nanos.decode(Nanos.encode(nanos))).toBe(nanos)
})

test.each([
  '',
  ' ',
  '-1',
  '-0',
  '+1',
  '00',
  '01',
  '1.0',
  '1e3',
  '0x10',
  '1_000',
  '1,000',
  ' 1',
  '1\n',
  '١',
  '１',
  'NaN',
  'Infinity',
  '9223372036854775808',
  '9999999999999999999',
  '1'.repeat(40),
  1,
  1n,
  null,
  undefined,
  ['1'],
  { toString: () => '1' },
])('no other spelling is money: %s', (wire) => {
  expect(Nanos.safeParse(wire).success).toBe(false)
})

test.each([-1n, maximum + 1n])('an amount that the column cannot hold never leaves: %s', (nanos) => {
  expect(() => Nanos.encode(nanos)).toThrow()
})

test('a quotient is never further than half from the truth, and a tie is even', () => {
  const whole = fc.oneof(fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }), fc.bigInt({ min: -40n, max: 40n }))
  fc.assert(
    fc.property(
      whole,
      whole.filter((d) => d !== 0n),
      (n, d) => {
        const quotient = divideHalfEven(n, d)
        const twice = 2n * abs(n - quotient * d)
        expect(twice <= abs(d)).toBe(true)
        if (twice === abs(d)) expect(quotient % 2n).toBe(0n)
      },
    ),
    { numRuns: 1_000 },
  )
})

test.each([
  [5n, 2n, 2n],
  [7n, 2n, 4n],
  [-5n, 2n, -2n],
  [-7n, 2n, -4n],
  [5n, -2n, -2n],
  [-7n, -2n, 4n],
  [1n, 2n, 0n],
  [3n, 2n, 2n],
  [-1n, 2n, 0n],
  [1n, 3n, 0n],
  [2n, 3n, 1n],
  [0n, 7n, 0n],
])('%s / %s is %s', (n, d, quotient) => {
  expect(divideHalfEven(n, d)).toBe(quotient)
})

test('a division by zero is an error, never a number', () => {
  expect(() => divideHalfEven(1n, 0n)).toThrow(RangeError)
})
