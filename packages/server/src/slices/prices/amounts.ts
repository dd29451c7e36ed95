import { divideHalfEven } from '@keylease/shared/rounding'

const nanosPerDollar = 1_000_000_000n
const million = 1_000_000n

/**
 * Dollars per so many units as nano-dollars per million units, from the decimal text that the number stands for: a multiplication
 * of floats would make 0.07 × 10⁹ another number.
 */
export function toRate(dollars: number, perUnits: number): bigint {
  const { digits, scale } = toDecimal(dollars)
  return divideHalfEven(digits * nanosPerDollar * million, BigInt(perUnits) * 10n ** BigInt(scale))
}

/** The shortest decimal that reads back as the same number: what the source wrote. */
function toDecimal(value: number): { digits: bigint; scale: number } {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const [whole = '', part = ''] = mantissa.split('.')
  const scale = part.length - Number(exponent)
  const digits = BigInt(whole + part)
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
}
