import { findListPrice, type PriceBook } from './book'
import { type BasisPoints, isEffective, type Price, type PriceTerms } from './price'

/**
 * What an organization agreed with a provider: rates of its own, or a part of the list price. Without a model it holds for every
 * call of the provider, those that name no model included.
 */
export type OrganizationPrice = {
  id: string
  provider: string
  model: string | null
  effectiveFrom: number | null
  effectiveTo: number | null
} & ({ kind: 'override'; terms: PriceTerms } | { kind: 'discount'; basisPoints: BasisPoints })

/** Whose word a cost stands on. */
export const costBases = ['reported', 'override', 'discount', 'computed', 'unpriced'] as const
export type CostBasis = (typeof costBases)[number]

export interface PriceQuery {
  provider: string
  model: string | null
  at: Date
}

/** What one call costs, and on which row and version that stands. */
export interface FoundPrice {
  basis: 'override' | 'discount' | 'computed'
  priceId: string
  priceVersion: string
  terms: PriceTerms
  /** The part of it that is paid. */
  basisPoints: BasisPoints
}

/** What was agreed for the model first, then for its provider; rates before a discount; then the list price. */
export function findPrice(book: PriceBook, query: PriceQuery, own: readonly OrganizationPrice[] = []): FoundPrice | null {
  const agreed = own.length === 0 ? undefined : findAgreed(book, query, own)
  if (agreed?.kind === 'override') {
    return { basis: 'override', priceId: agreed.id, priceVersion: agreed.id, terms: agreed.terms, basisPoints: 10_000 }
  }
  const list = query.model === null ? null : findListPrice(book, query.provider, query.model, query.at)
  return list && toFound(list, agreed)
}

function toFound(list: Price, discount: (OrganizationPrice & { kind: 'discount' }) | undefined): FoundPrice {
  const found = { priceId: list.id, terms: list }
  if (!discount) return { ...found, basis: 'computed', priceVersion: list.version, basisPoints: 10_000 }
  return { ...found, basis: 'discount', priceVersion: `${list.version} ${discount.id}`, basisPoints: discount.basisPoints }
}

/** By the name that the caller used, or by the model that the book finds behind it; of several, the one agreed last. */
function findAgreed(
  book: PriceBook,
  { provider, model, at }: PriceQuery,
  own: readonly OrganizationPrice[],
): OrganizationPrice | undefined {
  const current = own.filter((price) => price.provider === provider && isEffective(price, at.getTime()))
  if (current.length === 0) return undefined
  const names = model === null ? [] : [model.toLowerCase().trim(), book.findModel(provider, model)?.model.toLowerCase()]
  const ofModel = current.filter((price) => price.model !== null && names.includes(price.model.toLowerCase()))
  const ofProvider = current.filter((price) => price.model === null)
  return pickAgreed(ofModel) ?? pickAgreed(ofProvider)
}

const pickAgreed = (prices: readonly OrganizationPrice[]): OrganizationPrice | undefined =>
  newest(prices.filter((price) => price.kind === 'override')) ?? newest(prices)

const newest = (prices: readonly OrganizationPrice[]): OrganizationPrice | undefined =>
  prices.reduce<OrganizationPrice | undefined>((best, price) => (best && isLater(best, price) ? best : price), undefined)

const isLater = (one: OrganizationPrice, other: OrganizationPrice) =>
  fromOf(one) === fromOf(other) ? one.id > other.id : fromOf(one) > fromOf(other)

const fromOf = (price: OrganizationPrice) => price.effectiveFrom ?? Number.NEGATIVE_INFINITY
