import { hashGroup } from './group-hash'

/** What groups are ranked by, and where it stands in a sheet. */
export const sheetColumns = {
  calls: 'calls',
  errors: 'errors',
  tokens: 'tokens',
  cost: 'cost_nanos',
  latencyCalls: 'latency_calls',
  latencyMs: 'latency_ms',
} as const
export type SheetMeasure = keyof typeof sheetColumns
export const sheetMeasures = Object.keys(sheetColumns) as SheetMeasure[] // its own names

/** Below it two sums add up exactly. */
export const sheetLimit = 2 ** 52

/** What one day says of one group: its sums in the order of `sheetMeasures`. */
export interface DayGroup {
  value: string
  paired: string
  sums: readonly number[]
}

/** A day of one dimension, laid out to be ranked: group by group in the order of their names. */
export interface Sheet {
  groups: number
  hashes: string
  /** In the order of `sheetMeasures`. */
  sums: string[]
  value: string[]
  paired: string[]
}

/** Null where a sum is too large to be added as a number. */
export function layOutGroups(groups: readonly DayGroup[]): Sheet | null {
  if (groups.some(({ sums }) => sums.some((sum) => sum >= sheetLimit))) return null
  return {
    groups: groups.length,
    hashes: toBase64(BigInt64Array.from(groups, ({ value, paired }) => hashGroup(value, paired))),
    sums: sheetMeasures.map((_, at) => toBase64(Float64Array.from(groups, ({ sums }) => sums[at] ?? 0))),
    value: groups.map(({ value }) => value),
    paired: groups.map(({ paired }) => paired),
  }
}

const toBase64 = ({ buffer }: BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer>) => Buffer.from(buffer).toString('base64')
