import type { UsageTotals } from '@keylease/shared/contracts/usage-fields'
import { usageClasses } from '@keylease/shared/pricing/vector'
import { type CountName, countMeasures, type NanosName, nanosMeasures } from './measures'

/** Sums of a set of calls; what was not asked for is zero. */
export interface Sums {
  counts: Record<CountName, number>
  nanos: Record<NanosName, bigint>
  tokens: UsageTotals
}

const countNames = Object.keys(countMeasures) as CountName[] // its own names
const nanosNames = Object.keys(nanosMeasures) as NanosName[] // its own names

/** From a row of a statement: counts as numbers, money as text. */
export function toSums(row: Readonly<Record<string, unknown>> = {}): Sums {
  const count = (column: string) => Number(row[column] ?? 0)
  const tokens = usageClasses.map((name) => [name, name === 'seconds' ? count('milliseconds') / 1_000 : count(`vector_${name}`)])
  return {
    counts: Object.fromEntries(countNames.map((name) => [name, count(name)])) as Sums['counts'], // one for each name
    nanos: Object.fromEntries(nanosNames.map((name) => [name, BigInt(String(row[name] ?? 0))])) as Sums['nanos'], // one for each name
    tokens: Object.fromEntries(tokens) as UsageTotals, // one for each class
  }
}

/** What is left of a whole without a part of it, of counts and money. */
export function subtractSums(whole: Sums, part: Sums): Sums {
  return {
    counts: Object.fromEntries(countNames.map((name) => [name, whole.counts[name] - part.counts[name]])) as Sums['counts'], // one for each name
    nanos: Object.fromEntries(nanosNames.map((name) => [name, whole.nanos[name] - part.nanos[name]])) as Sums['nanos'], // one for each name
    tokens: whole.tokens,
  }
}
