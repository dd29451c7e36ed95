import { divideHalfEven } from '../rounding'

type Kind = 'weekday' | 'weekend' | 'any'

export interface SpentDay {
  isWeekend: boolean
  nanos: bigint
}

/** A day of the month that is not over, by how many thousandths of it are left. */
export interface DayLeft {
  isWeekend: boolean
  thousandths: number
}

export interface Projection {
  nanos: bigint
  basis: { kind: Kind; days: number; medianNanos: bigint; thousandths: number }[]
}

const comparableDays = 7
const fewestDays = 3

/**
 * What a month will cost: spent + the median of the last seven comparable days × days left. Weekdays compare with weekdays and
 * weekend days with weekend days where there are three of both; else any day with any. `past` holds whole days since the first use,
 * oldest first; null where they are fewer than three.
 */
export function projectMonth(spentNanos: bigint, past: readonly SpentDay[], left: readonly DayLeft[]): Projection | null {
  if (past.length < fewestDays) return null
  const isWeekend = ({ isWeekend }: { isWeekend: boolean }) => isWeekend
  const isWeekday = ({ isWeekend }: { isWeekend: boolean }) => !isWeekend
  const hasBoth = [isWeekday, isWeekend].every((isOfKind) => past.filter(isOfKind).length >= fewestDays)
  const basis = hasBoth
    ? [
        toBasis('weekday', past.filter(isWeekday), left.filter(isWeekday)),
        toBasis('weekend', past.filter(isWeekend), left.filter(isWeekend)),
      ]
    : [toBasis('any', past, left)]
  const toCome = basis.map(({ medianNanos, thousandths }) => medianNanos * BigInt(thousandths))
  return {
    nanos:
      spentNanos +
      divideHalfEven(
        toCome.reduce((sum, nanos) => sum + nanos, 0n),
        1_000n,
      ),
    basis,
  }
}

function toBasis(kind: Kind, past: readonly SpentDay[], left: readonly DayLeft[]): Projection['basis'][number] {
  const compared = past.slice(-comparableDays)
  return {
    kind,
    days: compared.length,
    medianNanos: medianOf(compared.map(({ nanos }) => nanos)),
    thousandths: left.reduce((sum, { thousandths }) => sum + thousandths, 0),
  }
}

function medianOf(amounts: readonly bigint[]): bigint {
  const sorted = [...amounts].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0))
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0n, sorted[sorted.length >> 1] ?? 0n]
  return divideHalfEven(low + high, 2n)
}
