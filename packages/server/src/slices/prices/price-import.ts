import { isDeepStrictEqual } from 'node:util'
import type { Deps } from '../../deps'
import { inTransaction } from '../../platform/tenancy'
import { bundle, type Catalogue, readBundledCatalogue } from './catalogue'
import { findFault } from './judgement'
import { findLastImport, insertImport, listPriceRows, type PriceImport, type PriceRow, savePriceRows } from './price-rows'
import { mergeTimeline } from './timeline'

type Room = Pick<Deps, 'db' | 'clock' | 'log' | 'metrics' | 'prices'>

/** Brings the prices of the program into the table, unless it holds those, newer ones, or some that the operator named. */
export async function importBundledPrices(deps: Room): Promise<void> {
  if (!isWanted(await findLastImport(deps.db.systemPool))) return
  await importCatalogue(deps, await readBundledCatalogue(), 'bundled', isWanted)
}

const isWanted = (last: PriceImport | null): boolean => last === null || (last.origin === 'bundled' && isNewer(bundle, last.bundle))

/** One import at a time over all replicas; whoever comes second finds it done. False: refused, and the prices in use stay. */
export async function importCatalogue(
  deps: Room,
  catalogue: Catalogue,
  origin: PriceImport['origin'],
  isStillWanted: (last: PriceImport | null) => boolean = () => true,
): Promise<boolean> {
  const fault = await inTransaction(deps.db.systemPool, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('keylease prices', 0))`)
    const last = await findLastImport(client)
    if (!isStillWanted(last)) return null
    const before = await listPriceRows(client)
    const found = findFault(catalogue, before)
    if (found !== null) return found
    const { rows, superseded } = plan(catalogue, before, deps.clock.now().getTime())
    if (rows.length === 0 && superseded.length === 0 && last?.version === catalogue.version) return null
    await savePriceRows(client, rows, superseded)
    await insertImport(client, { version: catalogue.version, origin, bundle, models: catalogue.models.length })
    return null
  })
  deps.metrics.countPriceImport(fault === null ? 'done' : 'refused')
  if (fault !== null) deps.log.error({ version: catalogue.version }, `new prices were refused, those in use stay: ${fault}`)
  else deps.prices.forget()
  return fault === null
}

/** Only what changes. A model that the source no longer names keeps its price: calls to it may still come. */
function plan(catalogue: Catalogue, before: readonly PriceRow[], now: number): { rows: PriceRow[]; superseded: string[] } {
  const known = new Map(before.map((row) => [row.id, row]))
  const byModel = Map.groupBy(before, keyOf)
  const rows: PriceRow[] = []
  const superseded: string[] = []
  for (const [position, model] of catalogue.models.entries()) {
    const { provider, match } = model
    const old = byModel.get(keyOf(model)) ?? []
    const segments = mergeTimeline(model, old, catalogue.version, now)
    const kept = new Set(segments.map(({ id }) => id))
    superseded.push(...old.filter(({ id }) => !kept.has(id)).map(({ id }) => id))
    const next = segments.map((segment) => ({ ...segment, provider, model: model.model, position, match }))
    rows.push(...next.filter((row) => !isSame(row, known.get(row.id))))
  }
  return { rows, superseded }
}

const keyOf = ({ provider, model }: { provider: string; model: string }) => `${provider}/${model}`

const isSame = (row: PriceRow, old: PriceRow | undefined) =>
  old !== undefined &&
  row.position === old.position &&
  row.effectiveTo?.getTime() === old.effectiveTo?.getTime() &&
  row.terms.contextTokens === old.terms.contextTokens &&
  isDeepStrictEqual(row.match, old.match)

/** By the numbers in the two names, from the left. */
export function isNewer(one: string, other: string): boolean {
  const [left, right] = [one, other].map((name) => (name.match(/\d+/g) ?? []).map(Number))
  for (const [index, number] of (left ?? []).entries()) {
    const difference = number - (right?.[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}
