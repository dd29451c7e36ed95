import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../../../test/size'
import { toReport } from '../../../../test/usage'
import { type Contribution, type LedgerChange, toContribution } from '../contribution'
import { groupCalls } from './call-groups'
import { countedClasses, sumAt, wideAt } from './columns'
import { type Delta, foldDeltas, toDeltas } from './deltas'
import { otherValue } from './dimensions'
import { type GrainRow, grainTables, toGrainRows } from './grains'
import { readWide } from './sums'

const quarterMs = 900_000
const dayMs = 96 * quarterMs
/** A day begins within an hour of UTC, a month with every third day. */
const toStarts = (quarter: number) => {
  const day = Math.floor((quarter - 2 * quarterMs) / dayMs)
  return { day: day * dayMs + 2 * quarterMs, month: (day - (day % 3)) * dayMs + 2 * quarterMs }
}
const base = Date.UTC(2026, 10, 1)

const text = fc.constantFrom(null, 'a', 'b', 'a\u0007')
const money = fc.option(fc.oneof(fc.bigInt({ min: 0n, max: 100n }), fc.bigInt({ min: 2n ** 52n - 3n, max: 2n ** 63n - 1n })))
const change: fc.Arbitrary<LedgerChange> = fc
  .record({
    ...{ quarter: fc.constantFrom(0, 1, 2, 3, 95, 97, 98, 300), sign: fc.constantFrom<1 | -1>(1, 1, 1, -1) },
    ...{ agentId: text, keyId: text, model: text, tags: fc.subarray(['a', 'b', 'a\u0007', 'c\nd']) },
    ...{ costNanos: money, latencyMs: fc.option(fc.nat(5_000)), tokens: fc.nat(9_000) },
    quality: fc.constantFrom('exact', 'estimated', 'assumed'),
  })
  .map(({ quarter, sign, tokens, quality, ...rest }) => {
    const report = toReport({ occurredAt: new Date(base + quarter * quarterMs + tokens) })
    const call = toContribution(report, { costNanos: rest.costNanos, chargedNanos: null })
    return {
      sign,
      of: { ...call, ...rest, quality, vector: { ...call.vector, inputUncached: tokens, seconds: tokens / 1_000 } } as Contribution,
    }
  })

const addUp = (changes: readonly LedgerChange[]) => {
  const groups = groupCalls(changes)
  return toDeltas(groups, new Map(groups.map(({ quarter }) => [quarter, toStarts(quarter)])))
}

const toAmounts = (rows: readonly Pick<GrainRow, 'sums'>[]) => ({
  calls: rows.reduce((sum, { sums }) => sum + (sums.amounts[sumAt.calls] ?? 0), 0),
  tokens: rows.reduce((sum, { sums }) => sum + (sums.amounts[sumAt.vector + countedClasses.indexOf('inputUncached')] ?? 0), 0),
  timed: rows.reduce((sum, { sums }) => sum + (sums.sketches[0] ?? []).reduce((total, calls) => total + calls, 0), 0),
  nanos: rows.reduce((sum, { sums }) => sum + BigInt(readWide(sums, wideAt.cost)), 0n),
  assumedNanos: rows.reduce((sum, { sums }) => sum + BigInt(readWide(sums, wideAt.assumed)), 0n),
  milliseconds: rows.reduce((sum, { sums }) => sum + BigInt(readWide(sums, wideAt.milliseconds)), 0n),
})

const toExpected = (changes: readonly LedgerChange[]) => ({
  calls: changes.reduce((sum, { sign }) => sum + sign, 0),
  tokens: changes.reduce((sum, { sign, of }) => sum + sign * of.vector.inputUncached, 0),
  timed: changes.reduce((sum, { sign, of }) => sum + (of.latencyMs === null ? 0 : sign), 0),
  nanos: changes.reduce((sum, { sign, of }) => sum + BigInt(sign) * (of.costNanos ?? 0n), 0n),
  assumedNanos: changes.reduce((sum, { sign, of }) => sum + (of.quality === 'assumed' ? BigInt(sign) * (of.costNanos ?? 0n) : 0n), 0n),
  milliseconds: changes.reduce((sum, { sign, of }) => sum + BigInt(sign * of.vector.inputUncached), 0n),
})

const ofAgent = (changes: readonly LedgerChange[], agentId: string | null) => changes.filter(({ of }) => of.agentId === agentId)

test('in every grain a dimension holds all that its calls add, with money beyond what a number tells exactly', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const rows = toGrainRows(addUp(changes))
      for (const grain of Object.keys(grainTables) as (keyof typeof grainTables)[]) {
        const ofGrain = rows.filter(({ starts }) => starts[grain] !== undefined)
        const of = (dimension: string, value: string) => ofGrain.filter((row) => row.of.dimension === dimension && row.of.value === value)
        expect(toAmounts(of('total', ''))).toEqual(toExpected(changes))
        expect(toAmounts(of('agent', 'b'))).toEqual(toExpected(ofAgent(changes, 'b')))
        expect(toAmounts(of('agent_model', 'a'))).toEqual(toExpected([...ofAgent(changes, 'a'), ...ofAgent(changes, 'a\u0007')]))
        expect(toAmounts(of('tag', 'a'))).toEqual(toExpected(changes.filter(({ of: { tags } }) => tags.some((tag) => /^a/.test(tag)))))
        const keys = ofGrain.map((row) => JSON.stringify([row.of.dimension, row.of.value, row.of.paired, row.starts[grain]]))
        expect(new Set(keys).size).toBe(keys.length)
      }
    }),
    { numRuns: testSize(150, 5_000) },
  )
})

test('what is folded adds up under one name of its day and dimension, and nothing is lost', () => {
  const isFolded = ({ place }: Delta) => place.dimension === 'agent' && place.value !== ''
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const rows = toGrainRows(foldDeltas(addUp(changes), isFolded)).filter(({ starts, of }) => starts.day && of.dimension === 'agent')
      const folded = changes.filter(({ of }) => of.agentId !== null)
      expect(toAmounts(rows.filter(({ of }) => of.value === otherValue))).toEqual(toExpected(folded))
      expect(toAmounts(rows)).toEqual(toExpected(changes))
    }),
    { numRuns: testSize(80, 2_000) },
  )
})
