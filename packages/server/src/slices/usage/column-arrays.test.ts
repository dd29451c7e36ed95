import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { testSize } from '../../../test/size'
import { toColumnArrays } from './column-arrays'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

/** What Postgres takes of a text. */
const toStored = (text: string) => text.replaceAll('\0', '').toWellFormed()

const hostile = fc.constantFrom('', 'NULL', 'null', '{}', '"', '\\', ',', ' ', '\n', '\u0000', '\ud800', '{a,"b"}', '\\x00', '😀')
const text = fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 12 }))
const row = fc.record({
  name: fc.option(text),
  tags: fc.array(text, { maxLength: 4 }),
  amount: fc.option(fc.bigInt({ min: 0n, max: 2n ** 62n })),
  isStream: fc.boolean(),
  at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  seconds: fc.double({ noNaN: true, noDefaultInfinity: true }),
})

test('whatever callers wrote, the database reads back row by row and column by column', async () => {
  const columns = ['name', 'tags', 'amount', 'isStream', 'at', 'seconds']
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
      const { rows: found } = await harness.deps.db.appPool.query(
        `SELECT name, tags::text[] AS tags, amount::text AS amount, is_stream AS "isStream", at, seconds
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[], $5::timestamptz[], $6::double precision[])
           WITH ORDINALITY AS r(name, tags, amount, is_stream, at, seconds, place) ORDER BY place`,
        toColumnArrays(rows, columns),
      )
      expect(found).toEqual(
        rows.map((one) => ({
          ...one,
          name: one.name === null ? null : toStored(one.name),
          tags: one.tags.map(toStored),
          amount: one.amount?.toString() ?? null,
          seconds: one.seconds + 0,
        })),
      )
    }),
    { numRuns: testSize(150, 20_000) },
  )
})
