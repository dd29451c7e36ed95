import type { UsageTotals } from '@keylease/shared/contracts/usage-fields'
import { oneRequest, usageClasses } from '@keylease/shared/pricing/vector'
import { type CountName, countMeasures, type NanosName, nanosMeasures } from './measures'

/** Sums of a set of calls; what was not asked for is zero. */
export interface Sums {
  counts: Record<CountName, number>
  nanos: Record<NanosName, bigint>
  tokens: UsageTotals
}

const countNames = Object.keys(countMeasures) as CountName[] // its own names
const nanosNames = Object.keys(nanosMeasures) as NanosName[] // its own names
const noCounts = Object.fromEntries(countNames.map((name) => [name, 0])) as Sums['counts'] // one for each name
const noNanos = Object.fromEntries(nanosNames.map((name) => [name, 0n])) as Sums['nanos'] // one for each name
const noTokens: UsageTotals = oneRequest({ requests: 0 })

/** From a row of a statement: counts as numbers, money as text. */
export function toSums(row: Readonly<Record<string, unknown>> = {}): Sums {
  const sums: Sums = { counts: { ...noCounts }, nanos: { ...noNanos }, tokens: { ...noTokens } }
  for (const name of countNames) if (row[name]) sums.counts[name] = Number(row[name])
  for (const name of nanosNames) if (row[name]) sums.nanos[name] = BigInt(String(row[name]))
  for (const name of usageClasses) if (row[`vector_${name}`]) sums.tokens[name] = Number(row[`vector_${name}`])
  sums.tokens.seconds = sums.counts.milliseconds / 1_000
  return sums
}

/** What is left of a whole without a part of it, of counts and money. */
export function subtractSums(whole: Sums, part: Sums): Sums {
  const left: Sums = { counts: { ...whole.counts }, nanos: { ...whole.nanos }, tokens: whole.tokens }
  for (const name of countNames) left.counts[name] -= part.counts[name]
  for (const name of nanosNames) left.nanos[name] -= part.nanos[name]
  return left
}
