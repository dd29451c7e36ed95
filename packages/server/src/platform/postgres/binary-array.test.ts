import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { testSize } from '../../../test/size'
import { type ArrayColumn, toBinaryArrays } from './binary-array'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

/** What Postgres takes of a text. */
const toStored = (text: string) => text.replaceAll('\0', '').toWellFormed()

interface Row {
  name: string | null
  hash: string
  small: number
  count: number
  amount: bigint | null
  isStream: boolean
  at: Date
  seconds: number
}

const hostile = fc.constantFrom('', 'NULL', '{}', '"', '\\', '\u0000', '\ud800', 'a\udc00b', '😀', 'x'.repeat(200_000), 'é'.repeat(60))
const row: fc.Arbitrary<Row> = fc.record({
  name: fc.option(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 60 }))),
  hash: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  small: fc.integer(),
  count: fc.maxSafeInteger(),
  amount: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  isStream: fc.boolean(),
  at: fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  seconds: fc.double({ noNaN: true }),
})
const columns: readonly ArrayColumn<Row>[] = [
  { type: 'text', read: ({ name }) => name },
  { type: 'bytea', read: ({ hash }) => hash },
  { type: 'integer', read: ({ small }) => small },
  { type: 'bigint', read: ({ count }) => count },
  { type: 'bigint', read: ({ amount }) => amount },
  { type: 'boolean', read: ({ isStream }) => isStream },
  { type: 'timestamptz', read: ({ at }) => at },
  { type: 'double precision', read: ({ seconds }) => seconds },
]

test('whatever callers wrote, the database reads back row by row and column by column', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
      const { rows: found } = await harness.deps.db.appPool.query(
        `SELECT name, encode(hash, 'hex') AS hash, small, count::text AS count, amount::text AS amount, is_stream AS "isStream", at, seconds
         FROM unnest(${columns.map(({ type }, i) => `$${i + 1}::${type}[]`).join(', ')})
           WITH ORDINALITY AS r(name, hash, small, count, amount, is_stream, at, seconds, place) ORDER BY place`,
        toBinaryArrays(rows, columns),
      )
      expect(found).toEqual(
        rows.map((one) => ({
          ...one,
          name: one.name === null ? null : toStored(one.name),
          count: one.count.toString(),
          amount: one.amount?.toString() ?? null,
          seconds: one.seconds,
        })),
      )
    }),
    { numRuns: testSize(150, 20_000) },
  )
})

test('what a buffer would cut short without a word is refused', () => {
  for (const amount of [0.5, Number.NaN, 2 ** 53]) {
    expect(() => toBinaryArrays([amount], [{ type: 'integer', read: (number) => number }])).toThrow(RangeError)
    expect(() => toBinaryArrays([amount], [{ type: 'bigint', read: (number) => number }])).toThrow(RangeError)
  }
  for (const amount of [2 ** 31, -(2 ** 31) - 1]) {
    expect(() => toBinaryArrays([amount], [{ type: 'integer', read: (number) => number }])).toThrow(RangeError)
  }
  for (const amount of [2n ** 63n, -(2n ** 63n) - 1n]) {
    expect(() => toBinaryArrays([amount], [{ type: 'bigint', read: (number) => number }])).toThrow(RangeError)
  }
  for (const digits of ['abc', '0g', 'g0', 'zz', 'é0']) {
    expect(() => toBinaryArrays([digits], [{ type: 'bytea', read: (hex) => hex }])).toThrow(RangeError)
  }
})
