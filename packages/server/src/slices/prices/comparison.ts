import type { ComparePrices, PriceComparison } from '@keylease/shared/contracts/price-comparison'
import { explainCost, type PricedUsage } from '@keylease/shared/pricing/cost'
import { findPrice } from '@keylease/shared/pricing/organization-price'
import { priceSourcesOf } from '@keylease/shared/pricing/providers'
import { inputClasses, oneRequest, outputClasses, sumOf, type UsageVector, usageClasses } from '@keylease/shared/pricing/vector'
import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { describeGaps } from './missing-prices'
import type { UsagePrices } from './usage-prices'

type Item = PriceComparison['items'][number]
type Unpriced = PriceComparison['unpriced'][number]
type Candidate = Pick<Item, 'provider' | 'model'>

const tokensPerMillion = 1_000_000

/** What the same usage costs at each model, by what the organization pays. */
export async function comparePrices(deps: Deps, actor: Actor, query: ComparePrices): Promise<PriceComparison> {
  await deps.prices.load(actor.organizationId)
  const prices = deps.prices.pricesOf(actor.organizationId)
  const usage = toUsage(query, deps.clock.now())
  const tokens = sumOf(usage.vector, [...inputClasses, ...outputClasses])
  const items: Item[] = []
  const unpriced: Unpriced[] = []
  for (const candidate of listCandidates(prices, query)) {
    const compared = compareModel(prices, candidate, usage, tokens)
    if ('missing' in compared) unpriced.push(compared)
    else items.push(compared)
  }
  items.sort((one, other) => compareAmounts(one, other) || (one.provider + one.model < other.provider + other.model ? -1 : 1))
  return { tokens, items: items.slice(0, query.limit), unpriced: unpriced.slice(0, query.limit), priced: items.length }
}

function toUsage(query: ComparePrices, now: Date): PricedUsage {
  const vector: UsageVector = oneRequest({ requests: query.requests ?? 0 })
  for (const name of usageClasses) vector[name] = query[name] ?? 0
  return {
    vector,
    imageTokens: { input: query.imageIn ?? 0, output: query.imageOut ?? 0 },
    serviceTier: query.serviceTier ?? null,
    region: query.region ?? null,
    at: query.at === undefined ? now : new Date(query.at),
  }
}

/** Those that were named, in either way; all where none was. */
function listCandidates({ book }: ReturnType<UsagePrices['pricesOf']>, { models, providers }: ComparePrices): Candidate[] {
  const named = (models ?? []).map((text) => {
    const slash = text.indexOf('/')
    return { provider: text.slice(0, Math.max(0, slash)), model: text.slice(slash + 1) }
  })
  if (models && !providers) return named
  const wanted = providers && new Set(providers.flatMap(priceSourcesOf))
  return [...named, ...book.models.filter((model) => !wanted || wanted.has(model.provider))]
}

function compareModel(
  prices: ReturnType<UsagePrices['pricesOf']>,
  { provider, model }: Candidate,
  usage: PricedUsage,
  tokens: number,
): Item | Unpriced {
  const found = findPrice(prices.book, { provider, model, at: usage.at }, prices.own)
  if (!found) return { provider, model, missing: ['model'] }
  const cost = explainCost(usage, found.terms, found.basisPoints)
  if (cost.nanos === null) return { provider, model, missing: describeGaps(cost.gaps) }
  const million = tokens > 0 ? explainCost(toMillion(usage, tokens), found.terms, found.basisPoints).nanos : null
  return {
    provider,
    model,
    priceId: found.priceId,
    basis: found.basis,
    costNanos: cost.nanos.toString(),
    costPerMillionTokensNanos: million?.toString() ?? null,
  }
}

/** The same mix, a million tokens of it, at the rates of its own size. */
function toMillion(usage: PricedUsage, tokens: number): PricedUsage {
  const scale = (count: number) => (count * tokensPerMillion) / tokens
  const vector: UsageVector = { ...usage.vector }
  for (const name of usageClasses) vector[name] = scale(vector[name])
  const imageTokens = { input: scale(usage.imageTokens.input), output: scale(usage.imageTokens.output) }
  return { ...usage, vector, imageTokens, inputTokensForTier: sumOf(usage.vector, inputClasses) }
}

/** By the mix, since a cost of parts of one token rounds to nothing. */
function compareAmounts(one: Item, other: Item): number {
  const [left, right] = [one, other].map((item) => BigInt(item.costPerMillionTokensNanos ?? item.costNanos))
  return left === right ? 0 : (left ?? 0n) < (right ?? 0n) ? -1 : 1
}
