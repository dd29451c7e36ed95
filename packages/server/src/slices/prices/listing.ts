import type { ListPrices, Price, PricePage } from '@keylease/shared/contracts/prices'
import { pickPrice } from '@keylease/shared/pricing/book'
import { priceSourcesOf } from '@keylease/shared/pricing/providers'
import type { Deps } from '../../deps'
import { readAs } from '../../platform/access'
import type { Actor } from '../../platform/auth'
import { readKeyCursor, toKeyPage } from '../../platform/page'
import type { ListedPrice } from './list-book'
import { toAgreedPrice, toListPrice } from './mapping'
import { listAgreedPriceRows } from './queries'

const cursorShape = /^([a-z0-9][a-z0-9_-]{0,63}) (.{0,256}) ([01]) (price_[0-9a-z]{26})$/

/** By provider and model; what the organization agreed before what everybody pays. */
export async function listPricePage(deps: Deps, actor: Actor, query: ListPrices): Promise<PricePage> {
  const at = query.at === undefined ? deps.clock.now() : new Date(query.at)
  const after = readKeyCursor(cursorShape, query.cursor)
  await deps.prices.load(actor.organizationId)
  const agreed = await readAs(deps, actor, (tx) => listAgreedPriceRows(tx, at))
  const found = [...agreed.map(toAgreedPrice), ...listModelPrices(deps, actor, at)].filter((price) => isWanted(deps, actor, query, price))
  const sorted = found.map((price) => ({ price, key: keyOf(price) })).sort((one, other) => compareKeys(one.key, other.key))
  const rest = after === null ? sorted : sorted.filter(({ key }) => compareKeys(key, after) > 0)
  const page = toKeyPage(rest.slice(0, query.limit + 1), query.limit, found.length, ({ key }) => key.join(' '))
  return { ...page, items: page.items.map(({ price }) => price) }
}

function listModelPrices(deps: Deps, actor: Actor, at: Date): Price[] {
  const { book } = deps.prices.pricesOf(actor.organizationId)
  return book.models.flatMap(({ prices }) => {
    const price = pickPrice(prices, at)
    return price ? [toListPrice(price as ListedPrice)] : [] // the book of this process holds no other
  })
}

/** A provider is asked for with those that price its models, and a model by any of its names. */
function isWanted(deps: Deps, actor: Actor, { provider, model, search }: ListPrices, price: Price): boolean {
  if (provider !== undefined && !priceSourcesOf(provider).includes(price.provider)) return false
  const text = search?.toLowerCase()
  if (text !== undefined && ![price.provider, price.model ?? ''].some((name) => name.toLowerCase().includes(text))) return false
  if (model === undefined || price.model === model) return true
  const named = deps.prices.pricesOf(actor.organizationId).book.findModel(provider ?? price.provider, model)
  return named !== null && named.provider === price.provider && named.model === price.model
}

const keyOf = (price: Price): string[] => [price.provider, price.model ?? '', price.kind === 'list' ? '1' : '0', price.id]

function compareKeys(one: readonly string[], other: readonly string[]): number {
  for (const [index, part] of one.entries()) {
    const its = other[index] ?? ''
    if (part !== its) return part < its ? -1 : 1
  }
  return 0
}
