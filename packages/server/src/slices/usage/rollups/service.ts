import type pg from 'pg'
import type { LedgerChange } from '../contribution'
import { foldDeltas, toDeltas, toQuarterStart } from './deltas'
import { maximumValues } from './dimensions'
import { addDeltas, findFolded, lockRollups, readDayStarts } from './rollup-rows'

/** Moves the sums by what happened to the ledger, in the tenant and transaction where it happens. */
export async function addToRollups(
  client: pg.ClientBase,
  organizationId: string,
  changes: readonly LedgerChange[],
  maximum = maximumValues,
): Promise<void> {
  if (changes.length === 0) return
  const timeZone = await lockRollups(client, organizationId)
  const deltas = toDeltas(changes, await findDayStarts(client, timeZone, changes))
  const folded = await findFolded(client, organizationId, deltas, maximum)
  await addDeltas(client, organizationId, folded.size === 0 ? deltas : foldDeltas(deltas, (delta) => folded.has(delta)))
}

/** By zone: when the day of a quarter begins never changes. */
const knownDayStarts = new Map<string, Map<string, string>>()
const maximumKnown = 10_000

async function findDayStarts(
  client: pg.ClientBase,
  timeZone: string,
  changes: readonly LedgerChange[],
): Promise<ReadonlyMap<string, string>> {
  const known = knownDayStarts.get(timeZone) ?? new Map<string, string>()
  knownDayStarts.set(timeZone, known)
  const starts = new Map<string, string>()
  const missing: string[] = []
  for (const quarter of new Set(changes.map(({ of }) => toQuarterStart(of.occurredAt)))) {
    const day = known.get(quarter)
    if (day === undefined) missing.push(quarter)
    else starts.set(quarter, day)
  }
  if (missing.length === 0) return starts
  if (known.size > maximumKnown) known.clear()
  for (const [quarter, day] of await readDayStarts(client, timeZone, missing)) {
    known.set(quarter, day)
    starts.set(quarter, day)
  }
  return starts
}
