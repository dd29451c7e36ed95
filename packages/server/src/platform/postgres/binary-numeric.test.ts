import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { testSize } from '../../../test/size'
import { type ArrayColumn, toBinaryArrays } from './binary-array'
import { type PowerCounts, toPowerCounts } from './binary-numeric'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const column: ArrayColumn<PowerCounts | null> = { type: 'numeric', read: (counts) => counts }

async function readBack(rows: readonly (PowerCounts | null)[]): Promise<(bigint | null)[]> {
  const { rows: found } = await harness.deps.db.appPool.query<{ n: string | null }>(
    'SELECT n::text FROM unnest($1::numeric[]) WITH ORDINALITY AS r(n, place) ORDER BY place',
    toBinaryArrays(rows, [column]),
  )
  return found.map(({ n }) => (n === null ? null : BigInt(n)))
}

const sumUp = (counts: PowerCounts) => counts.reduce((sum, count, n) => sum + BigInt(count) * 10n ** BigInt(12 * n), 0n)

const count = fc.oneof(
  fc.constantFrom(0, 0, 1, -1, 9_999, 10_000, 1e12 - 1, 1e12, -1e12, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  fc.integer(),
  fc.maxSafeInteger(),
)
const list = fc.array(count, { maxLength: 64 })

test('counts of powers, carried and borrowed as they may be, are the number that they add up to', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(list), { minLength: 1, maxLength: 20 }), async (rows) => {
      const found = await readBack([...rows, [1]])
      expect(found.slice(0, -1)).toEqual(rows.map((counts) => counts && sumUp(counts)))
    }),
    { numRuns: testSize(60, 3_000) },
  )
})

test('an amount is the same number, however large', async () => {
  const amount = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }))
  await fc.assert(
    fc.asyncProperty(fc.array(amount, { minLength: 1, maxLength: 20 }), async (amounts) => {
      expect(await readBack(amounts.map(toPowerCounts))).toEqual(amounts.map(BigInt))
    }),
    { numRuns: testSize(40, 2_000) },
  )
})
