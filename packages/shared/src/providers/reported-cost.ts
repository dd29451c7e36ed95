import { divideHalfEven } from '../rounding'

/**
 * Dollars as a provider reports them, in nano-dollars: exactly, through the decimal text of the number. A tie goes to the even one.
 * Null for what is no amount: negative, not finite, not decimal.
 */
export function readReportedNanos(dollars: unknown): bigint | null {
  if (typeof dollars !== 'number' && typeof dollars !== 'string') return null
  const match = /^(\d{1,20})(?:\.(\d{1,400}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(dollars).trim())
  if (!match) return null
  const [, whole = '', fraction = '', exponent = '0'] = match
  return scale(BigInt(whole + fraction), Number(exponent) - fraction.length + 9)
}

/** xAI counts in ticks of which ten billion are a dollar: https://docs.x.ai/developers/cost-tracking */
export function readReportedTicks(ticks: unknown): bigint | null {
  return typeof ticks === 'number' && Number.isSafeInteger(ticks) && ticks >= 0 ? scale(BigInt(ticks), -1) : null
}

function scale(digits: bigint, exponent: number): bigint | null {
  if (exponent >= 0) return exponent > 30 ? null : digits * 10n ** BigInt(exponent)
  return divideHalfEven(digits, 10n ** BigInt(-exponent))
}
