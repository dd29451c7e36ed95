import { inputClasses, outputClasses, sumOf, type UsageVector } from '../pricing/vector'
import { divideHalfEven } from '../rounding'

/** errors ÷ requests; null without requests. */
export const errorRate = (errors: number, requests: number): number | null => (requests === 0 ? null : errors / requests)

/** cost ÷ requests that have a price; null without such. */
export function costPerRequest(costNanos: bigint, requests: number, unpriced: number): bigint | null {
  const priced = requests - unpriced
  return priced <= 0 ? null : divideHalfEven(costNanos, BigInt(priced))
}

/** cost ÷ million tokens, read and written; null without tokens. */
export function costPerMillionTokens(costNanos: bigint, tokens: UsageVector): bigint | null {
  const total = sumOf(tokens, [...inputClasses, ...outputClasses])
  return total === 0 ? null : divideHalfEven(costNanos * 1_000_000n, BigInt(total))
}

/** cacheRead ÷ all input tokens; null without such. */
export function cacheShare(tokens: UsageVector): number | null {
  const input = sumOf(tokens, inputClasses)
  return input === 0 ? null : tokens.cacheRead / input
}

/** part ÷ whole of money, to nine places; null of nothing. */
export const shareOf = (partNanos: bigint, wholeNanos: bigint): number | null =>
  wholeNanos === 0n ? null : Number(divideHalfEven(partNanos * 1_000_000_000n, wholeNanos)) / 1_000_000_000
