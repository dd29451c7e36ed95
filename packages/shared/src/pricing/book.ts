import { compileMatch } from './match'
import { isEffective, type Price, type PricedModel } from './price'
import { priceSourcesOf, resellers, toAuthorId } from './providers'

/** Every known price, ready for look-ups. Immutable: a change makes another book. */
export interface PriceBook {
  /** Names which imports it holds. */
  version: string
  models: readonly PricedModel[]
  /** The model behind a name, as a provider's clients write it; memoised. */
  findModel(provider: string, name: string): PricedModel | null
}

interface Shelf {
  byId: ReadonlyMap<string, PricedModel>
  matches: readonly { model: PricedModel; test: (name: string) => boolean }[]
}

/** Names come from callers: what is longer is no model, and the memory of them stays small. */
const maximumNameLength = 256
const maximumMemory = 20_000

export function createPriceBook(version: string, models: readonly PricedModel[]): PriceBook {
  const shelves = toShelves(models)
  const memory = new Map<string, PricedModel | null>()
  return {
    version,
    models,
    findModel(provider, name) {
      const key = `${provider}\n${name}`
      const known = memory.get(key)
      if (known !== undefined) return known
      const found = name.length > maximumNameLength ? null : searchProvider(shelves, provider, name.toLowerCase().trim())
      if (memory.size >= maximumMemory) memory.clear()
      memory.set(key, found)
      return found
    },
  }
}

/** The price in force at a time, of the model behind a name. */
export function findListPrice(book: PriceBook, provider: string, model: string, at: Date): Price | null {
  const found = book.findModel(provider, model)
  return found ? pickPrice(found.prices, at) : null
}

/** Where two are in force, the later one. */
export function pickPrice(prices: readonly Price[], at: Date): Price | null {
  const time = at.getTime()
  for (let index = prices.length - 1; index >= 0; index--) {
    const price = prices[index]
    if (price && isEffective(price, time)) return price
  }
  return null
}

function toShelves(models: readonly PricedModel[]): ReadonlyMap<string, Shelf> {
  const shelves = new Map<string, Shelf>()
  for (const [provider, own] of Map.groupBy(models, (model) => model.provider)) {
    const byId = new Map(own.map((model) => [model.model.toLowerCase(), model]))
    const matches = own.flatMap((model) => (model.match ? [{ model, test: compileMatch(model.match) }] : []))
    shelves.set(provider, { byId, matches })
  }
  return shelves
}

/** As it is written, then without the author before it: at a reseller the author's own price, elsewhere the same provider's. */
function searchProvider(shelves: ReadonlyMap<string, Shelf>, provider: string, name: string): PricedModel | null {
  const found = searchName(shelves, provider, name)
  const slash = name.indexOf('/')
  if (found || slash < 0) return found
  const rest = name.slice(slash + 1)
  const sold = resellers.has(provider) ? searchName(shelves, toAuthorId(name.slice(0, slash)), rest) : null
  return sold ?? searchName(shelves, provider, name.slice(name.lastIndexOf('/') + 1))
}

function searchName(shelves: ReadonlyMap<string, Shelf>, provider: string, name: string): PricedModel | null {
  for (const spelling of spellingsOf(name)) {
    for (const source of priceSourcesOf(provider)) {
      const found = searchShelf(shelves.get(source), spelling)
      if (found) return found
    }
  }
  return null
}

function searchShelf(shelf: Shelf | undefined, name: string): PricedModel | null {
  return shelf?.byId.get(name) ?? shelf?.matches.find(({ test }) => test(name))?.model ?? null
}

const compactDate = /-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g
const dateAtEnd = /[-@](?:20\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|latest)$/

/** The name as it is, with its date as the source writes dates, and without its date: a snapshot costs what its model costs. */
function spellingsOf(name: string): string[] {
  return [...new Set([name, name.replace(compactDate, '-$1-$2-$3'), name.replace(dateAtEnd, '')])].filter(Boolean)
}
