import { createPriceBook, type PriceBook } from '@keylease/shared/pricing/book'
import type { Price, PricedModel } from '@keylease/shared/pricing/price'
import type pg from 'pg'
import { readBundledCatalogue } from './catalogue'
import { findLastImport, listPriceRows, type PriceRow } from './price-rows'
import { readTermsJson } from './terms-json'
import { mergeTimeline } from './timeline'

/** A price as look-ups take it, and where it comes from. */
export interface ListedPrice extends Price {
  source: string
  sourceUrl: string | null
}

/** Which import a book is of; null before the first. */
export interface ListBook {
  sequence: string | null
  book: PriceBook
}

/** The book of the last import. Before the first one the prices that come with the program stand in, under the same ids. */
export async function readListBook(pool: pg.Pool, now: Date, known: ListBook | undefined): Promise<ListBook> {
  const last = await findLastImport(pool)
  if (known && known.sequence === (last?.sequence ?? null)) return known
  if (last === null) return { sequence: null, book: await createBundledBook(now) }
  return { sequence: last.sequence, book: toBook(last.version, await listPriceRows(pool)) }
}

async function createBundledBook(now: Date): Promise<PriceBook> {
  const { version, models } = await readBundledCatalogue()
  const rows = models.flatMap((model, position) =>
    mergeTimeline(model, [], version, now.getTime()).map((segment) => ({ ...segment, ...model, position })),
  )
  return toBook(version, rows)
}

function toBook(version: string, rows: readonly PriceRow[]): PriceBook {
  const byModel = Map.groupBy(rows, ({ provider, model }) => `${provider}/${model}`)
  return createPriceBook(version, [...byModel.values()].map(toPricedModel))
}

function toPricedModel(rows: readonly PriceRow[]): PricedModel {
  const [first] = rows
  const { provider = '', model = '', match = null } = first ?? {}
  return { provider, model, match, prices: rows.map(toListedPrice) }
}

const toListedPrice = (row: PriceRow): ListedPrice => ({
  ...readTermsJson(row.terms),
  id: row.id,
  version: row.version,
  provider: row.provider,
  model: row.model,
  effectiveFrom: row.effectiveFrom?.getTime() ?? null,
  effectiveTo: row.effectiveTo?.getTime() ?? null,
  source: row.source,
  sourceUrl: row.sourceUrl,
})
