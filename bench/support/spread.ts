import { median } from './measure'

export interface Spread {
  median: number
  /** Between the quartiles. */
  iqr: number
}

/** Of the medians of rounds. */
export function describeSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { median: median(values), iqr: at(0.75) - at(0.25) }
}

/** Forwards and backwards by turns, so that whoever comes first is not always the same. */
export const orderRound = <T>(candidates: readonly T[], round: number): T[] => (round % 2 === 0 ? [...candidates] : candidates.toReversed())
