import type { LedgerChange } from '../contribution'
import { type Dimension, dimensionSources, otherValue, toKeyText } from './dimensions'
import { addCall, addSums, type CallSums, createSums, type Sums, toCallSums } from './sums'

/** What changes in the sums of one value of one dimension: of its day, and of quarters of that day by when they start. */
export interface Delta {
  dimension: Dimension
  monthStart: string
  dayStart: string
  value: string
  paired: string
  quarters: Map<string, Sums>
}

/** When the day and the month of a quarter begin where the organization is. */
export interface LocalStarts {
  day: string
  month: string
}

const quarterMs = 15 * 60_000

export const toQuarterStart = (at: Date): string => new Date(Math.floor(at.getTime() / quarterMs) * quarterMs).toISOString()

/** Of one quarter, by the place of a dimension: sums by value and by what it is paired with. */
type QuarterSums = Map<string, Map<string, Sums>>[]

/** Adds changes up by day, dimension and value. `localStarts` knows the day of each quarter. */
export function toDeltas(changes: readonly LedgerChange[], localStarts: ReadonlyMap<string, LocalStarts>): Delta[] {
  const quarters = new Map<string, QuarterSums>()
  for (const { of: call, sign } of changes) {
    const quarter = toQuarterStart(call.occurredAt)
    let sums = quarters.get(quarter)
    if (!sums) {
      sums = dimensionSources.map(() => new Map())
      quarters.set(quarter, sums)
    }
    addEverywhere(sums, call, toCallSums(call, sign))
  }
  return joinQuarters(quarters, localStarts)
}

function addEverywhere(quarter: QuarterSums, call: LedgerChange['of'], sums: CallSums): void {
  for (const [at, [, source]] of dimensionSources.entries()) {
    const values = quarter[at]
    if (!values) continue
    if (!('values' in source)) addCall(findSums(values, toKeyText(source.value(call)), toKeyText(source.paired?.(call))), sums)
    // Two tags may be one once they are keys.
    else for (const value of new Set(toKeyTexts(source.values(call)))) addCall(findSums(values, value, ''), sums)
  }
}

const toKeyTexts = (values: readonly string[]) => (values.length === 0 ? [''] : values.map(toKeyText))

function findSums(values: Map<string, Map<string, Sums>>, value: string, paired: string): Sums {
  let pairs = values.get(value)
  if (!pairs) {
    pairs = new Map()
    values.set(value, pairs)
  }
  let sums = pairs.get(paired)
  if (!sums) {
    sums = createSums()
    pairs.set(paired, sums)
  }
  return sums
}

function joinQuarters(quarters: ReadonlyMap<string, QuarterSums>, localStarts: ReadonlyMap<string, LocalStarts>): Delta[] {
  const deltas = new Map<string, Delta>()
  for (const [quarter, places] of quarters) {
    const starts = localStarts.get(quarter)
    if (!starts) throw new Error('a quarter whose day nobody looked up')
    const { day: dayStart, month: monthStart } = starts
    for (const [at, [dimension]] of dimensionSources.entries()) {
      for (const [value, pairs] of places[at] ?? []) {
        for (const [paired, sums] of pairs) {
          const name = `${dimension}\n${dayStart}\n${value}\n${paired}`
          const delta = deltas.get(name) ?? { dimension, monthStart, dayStart, value, paired, quarters: new Map<string, Sums>() }
          deltas.set(name, delta)
          delta.quarters.set(quarter, sums)
        }
      }
    }
  }
  return [...deltas.values()]
}

/** Adds up under one name what a day no longer names. */
export function foldDeltas(deltas: readonly Delta[], isFolded: (delta: Delta) => boolean): Delta[] {
  const others = new Map<string, Delta>()
  const kept = deltas.filter((delta) => {
    if (!isFolded(delta)) return true
    const { dimension, monthStart, dayStart } = delta
    const name = `${dimension}\n${dayStart}`
    const other = others.get(name) ?? { dimension, monthStart, dayStart, ...otherOf(dimension), quarters: new Map<string, Sums>() }
    others.set(name, other)
    for (const [quarter, more] of delta.quarters) {
      const sums = other.quarters.get(quarter)
      if (sums) addSums(sums, more)
      else other.quarters.set(quarter, more)
    }
    return false
  })
  return [...kept, ...others.values()]
}

const otherOf = (dimension: Dimension) => ({ value: otherValue, paired: dimension.includes('_') ? otherValue : '' })
