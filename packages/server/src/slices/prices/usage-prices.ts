import type { ModelLimits } from '@keylease/shared/metering/assume'
import type { PriceBook } from '@keylease/shared/pricing/book'
import { explainCost, type PricedUsage, type PriceGap } from '@keylease/shared/pricing/cost'
import { type CostBasis, findPrice, type OrganizationPrice } from '@keylease/shared/pricing/organization-price'
import { usageClasses } from '@keylease/shared/pricing/vector'
import type { Clock } from '../../platform/clock'
import type { Database } from '../../platform/db'
import type { Events } from '../../platform/events'
import type { Log } from '../../platform/log'
import { findLimits } from './limits'
import { type ListBook, readListBook } from './list-book'
import { createMissingPrices } from './missing-prices'
import { readAgreedPrices } from './organization-prices'

export interface BilledUsage extends PricedUsage {
  provider: string
  /** Null where a call names none, as at a data provider. */
  model: string | null
  /** What the provider itself says the call cost. */
  reportedNanos: bigint | null
}

export interface PricedCost {
  /** Null is unpriced: some part of the call has no price. */
  costNanos: bigint | null
  basis: CostBasis
  priceId: string | null
  priceVersion: string | null
}

/** What calls cost, from memory. */
export interface UsagePrices {
  /** Brings the prices of an organization into memory; before `priceUsage`, and cheap when they are there. */
  load(organizationId: string): Promise<void>
  /** The provider's own word first, then what the organization agreed, then the list price. */
  priceUsage(organizationId: string, usage: BilledUsage): PricedCost
  /** What a model can do at most, by the list: after `load`, and whatever the organization agreed to pay for it. */
  limitsOf(organizationId: string, provider: string, model: string | null, at: Date): ModelLimits
  /** Names the prices in use: when it changes, the same call may cost something else. */
  version(organizationId: string): string
  /** What is in use now: the list prices and what the organization agreed. */
  pricesOf(organizationId: string): { book: PriceBook; own: readonly OrganizationPrice[] }
  /** The list prices have changed: the next `load` reads them again. */
  forget(): void
  /** Waits for what is being written. */
  stop(): Promise<void>
}

interface Room {
  db: Pick<Database, 'appPool' | 'systemPool'>
  clock: Clock
  events: Events
  log: Log
}

export const pricesChanged = 'prices.changed'
/** How long another replica may go on with the prices from before an import. */
const checkMs = 30_000
const maximumOrganizations = 10_000
const longestLagMs = 5_000

export function createUsagePrices(room: Room): UsagePrices {
  const missing = createMissingPrices(room)
  const lists = createListCache(room)
  const own = createOwnCache(room)
  const pricesOf = (organizationId: string) => {
    const [list, agreed] = [lists.current(), own.current(organizationId)]
    if (!list || !agreed) throw new Error('the prices of an organization must be loaded before they are used')
    return { book: list.book, own: agreed }
  }
  return {
    load: async (organizationId) => void (await Promise.all([lists.load(), own.load(organizationId)])),
    priceUsage(organizationId, usage) {
      const cost = priceCall(pricesOf(organizationId), usage)
      if ('gaps' in cost) missing.note(organizationId, usage, cost.gaps)
      const { costNanos, basis, priceId, priceVersion } = cost
      return { costNanos, basis, priceId, priceVersion }
    },
    limitsOf: (organizationId, provider, model, at) => findLimits(pricesOf(organizationId).book, provider, model, at),
    version(organizationId) {
      const prices = pricesOf(organizationId)
      return [prices.book.version, ...prices.own.map(({ id }) => id).sort()].join(' ')
    },
    pricesOf,
    forget: lists.forget,
    stop: missing.stop,
  }
}

function priceCall(prices: ReturnType<UsagePrices['pricesOf']>, usage: BilledUsage): PricedCost & { gaps?: readonly PriceGap[] } {
  const { reportedNanos, provider, model, at, vector } = usage
  if (reportedNanos !== null && reportedNanos >= 0n) {
    return { costNanos: reportedNanos, basis: 'reported', priceId: null, priceVersion: null }
  }
  const found = findPrice(prices.book, { provider, model, at }, prices.own)
  const named = found ? { priceId: found.priceId, priceVersion: found.priceVersion } : { priceId: null, priceVersion: null }
  // A call that used nothing, such as one that was refused, costs nothing whatever the price.
  if (usageClasses.every((name) => vector[name] === 0)) return { costNanos: 0n, basis: 'computed', ...named }
  if (!found) return { costNanos: null, basis: 'unpriced', ...named, gaps: [] }
  const { nanos, gaps } = explainCost(usage, found.terms, found.basisPoints)
  return nanos === null ? { costNanos: null, basis: 'unpriced', ...named, gaps } : { costNanos: nanos, basis: found.basis, ...named }
}

/** One book per process. Reads it again after an import, here at once, in other replicas after half a minute. */
function createListCache({ db, clock, log }: Room) {
  let list: ListBook | undefined
  let checkedAt = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined

  const check = async () => {
    const startedAt = clock.monotonicMs()
    try {
      list = await readListBook(db.systemPool, clock.now(), list)
      checkedAt = startedAt
    } catch (error) {
      if (!list) throw error
      log.warn({ err: error }, 'the price book cannot be read; the prices in memory stay')
    } finally {
      loading = undefined
    }
  }
  return {
    current: () => list,
    async load() {
      if (list && clock.monotonicMs() - checkedAt < checkMs) return
      loading ??= check()
      await loading
    },
    forget() {
      checkedAt = Number.NEGATIVE_INFINITY
    },
  }
}

/** Read once per organization and process, and again when the change feed says so or has fallen silent. */
function createOwnCache({ db, events }: Room) {
  const cached = new Map<string, Promise<readonly OrganizationPrice[]>>()
  const loaded = new Map<string, readonly OrganizationPrice[]>()
  const drop = (organizationId: string) => cached.delete(organizationId)
  for (const kind of [pricesChanged, 'provider.changed']) events.on(kind, ({ organizationId }) => drop(organizationId))
  events.on('reload', () => cached.clear())

  const read = (organizationId: string) => {
    const reading = readAgreedPrices(db.appPool, organizationId)
    cached.set(organizationId, reading)
    reading.catch(() => cached.get(organizationId) === reading && drop(organizationId))
    for (const oldest of cached.keys()) {
      if (cached.size <= maximumOrganizations) break
      if (drop(oldest)) loaded.delete(oldest)
    }
    return reading
  }
  return {
    current: (organizationId: string) => loaded.get(organizationId),
    async load(organizationId: string) {
      const known = events.lagMs() > longestLagMs ? undefined : cached.get(organizationId)
      loaded.set(organizationId, await (known ?? read(organizationId)))
    },
  }
}
