import type { ContextTier, RateTable } from '@keylease/shared/pricing/price'
import type { RateClass } from '@keylease/shared/pricing/rates'
import { toRate } from './amounts'
import type { SourcePrices } from './source'

interface Unit {
  name: RateClass
  /** How many of ours its price is for. */
  per: number
}

/** What the source prices, by our classes. What is not here has none: cached audio, pages, messages, citations, file searches. */
const units: Readonly<Record<string, Unit>> = {
  input_mtok: { name: 'inputUncached', per: 1_000_000 },
  cache_read_mtok: { name: 'cacheRead', per: 1_000_000 },
  cache_write_mtok: { name: 'cacheWrite5m', per: 1_000_000 },
  cache_write_1h_mtok: { name: 'cacheWrite1h', per: 1_000_000 },
  output_mtok: { name: 'outputText', per: 1_000_000 },
  output_reasoning_mtok: { name: 'reasoning', per: 1_000_000 },
  input_audio_mtok: { name: 'audioIn', per: 1_000_000 },
  output_audio_mtok: { name: 'audioOut', per: 1_000_000 },
  input_image_mtok: { name: 'imageIn', per: 1_000_000 },
  output_image_mtok: { name: 'imageOut', per: 1_000_000 },
  web_searches_kcount: { name: 'searches', per: 1_000 },
  rerank_searches_kcount: { name: 'searches', per: 1_000 },
  requests_kcount: { name: 'requests', per: 1_000 },
  audio_hours: { name: 'seconds', per: 3_600 },
}

/** The source's tiers begin above their start; ours begin at it. */
export function toRateTable(prices: SourcePrices): RateTable {
  const rates: Partial<Record<RateClass, bigint>> = {}
  const contexts = new Map<number, Partial<Record<RateClass, bigint>>>()
  for (const [key, price] of Object.entries(prices)) {
    const unit = Object.hasOwn(units, key) ? units[key] : undefined
    if (!unit || price === undefined) continue
    if (typeof price === 'number') {
      rates[unit.name] = toRate(price, unit.per)
      continue
    }
    rates[unit.name] = toRate(price.base, unit.per)
    for (const tier of price.tiers) {
      const own = contexts.get(tier.start + 1) ?? {}
      contexts.set(tier.start + 1, { ...own, [unit.name]: toRate(tier.price, unit.per) })
    }
  }
  return { rates, contexts: accumulate(contexts) }
}

/** A class without a price at some tier keeps that of the tier below. */
function accumulate(contexts: ReadonlyMap<number, ContextTier['rates']>): ContextTier[] {
  let below: ContextTier['rates'] = {}
  return [...contexts]
    .sort(([one], [other]) => one - other)
    .map(([from, rates]) => {
      below = { ...below, ...rates }
      return { from, rates: below }
    })
}
