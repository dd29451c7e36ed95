import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../../../test/size'
import { findRest, pickLeaders } from './leaders'
import { addUp, createTally, putAmount, readAmount } from './tally'

/** Some share a half, some differ by sign alone. */
const anyHash = fc.constantFrom(0n, 1n, -1n, 2n ** 31n, 2n ** 32n, 2n ** 32n + 1n, -(2n ** 32n), 2n ** 63n - 1n, -(2n ** 63n))
const anyAmount = fc.oneof(
  fc.bigInt({ min: 0n, max: 3n }),
  fc.bigInt({ min: 2n ** 51n - 2n, max: 2n ** 52n + 2n }),
  fc.bigInt({ min: 0n, max: 10n ** 24n }),
)
const rest = 1n

test('groups are added up to the last unit, however large, and each page of them goes on where the one before ended', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyHash, anyAmount), { maxLength: 40 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 4 }),
      (entries, isAscending, limit) => {
        const tally = createTally(entries.length, 1)
        for (const [place, [hash, amount]] of entries.entries()) {
          tally.hashes[place] = hash
          putAmount(tally, place, String(amount))
        }
        const half = entries.length >> 1
        addUp(tally, 0, half)
        addUp(tally, half, entries.length)
        const expected = new Map<bigint, bigint>()
        for (const [hash, amount] of entries) expected.set(hash, (expected.get(hash) ?? 0n) + amount)
        expect(tally.groups).toBe(expected.size)
        const read = (place: number) => [tally.hashes[place], BigInt(readAmount(tally, place))]
        const foundRest = findRest(tally, rest)
        expect(foundRest === null ? undefined : read(foundRest)[1]).toBe(expected.get(rest))

        const told: unknown[] = []
        let after: { isRest: boolean; rank: string; tie: string } | null = null
        for (let page = [-1]; page.length > 0; ) {
          page = pickLeaders(tally, { by: 'cost', isAscending, limit, after }, rest)
          told.push(...page.map(read))
          const last = page.at(-1)
          if (last !== undefined) after = { isRest: false, rank: readAmount(tally, last), tie: String(tally.hashes[last]) }
        }
        const sign = isAscending ? 1n : -1n
        const toOrder = (difference: bigint) => (difference < 0n ? -1 : difference > 0n ? 1 : 0)
        const sorted = [...expected].toSorted(
          ([oneHash, one], [otherHash, other]) => toOrder((one - other) * sign) || toOrder(oneHash - otherHash),
        )
        expect(told).toEqual(sorted.filter(([hash]) => hash !== rest))
      },
    ),
    { numRuns: testSize(300, 20_000) },
  )
})
