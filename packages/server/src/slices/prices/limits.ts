import type { ModelLimits } from '@keylease/shared/metering/assume'
import { type PriceBook, pickPrice } from '@keylease/shared/pricing/book'

/** Where the price of that time tells no size, the latest that does: a size is seldom dated, and a guess that is too low costs money. */
export function findLimits(book: PriceBook, provider: string, model: string | null, at: Date): ModelLimits {
  const prices = model === null ? [] : (book.findModel(provider, model)?.prices ?? [])
  const told = pickPrice(prices, at)?.contextTokens ?? prices.findLast((price) => price.contextTokens !== null)?.contextTokens
  // The source knows no limit of the output alone.
  return { contextTokens: told ?? null, outputTokens: null }
}
