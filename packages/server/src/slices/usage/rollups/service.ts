import type pg from 'pg'
import type { LedgerChange } from '../contribution'
import { type CallGroup, groupCalls } from './call-groups'
import { foldDeltas, type LocalStarts, toDeltas } from './deltas'
import { maximumValues } from './dimensions'
import { addDeltas, findFolded, lockRollups, readLocalStarts } from './rollup-rows'

/** Moves the sums by what happened to the ledger, in the tenant and transaction where it happens. */
export async function addToRollups(
  client: pg.ClientBase,
  organizationId: string,
  changes: readonly LedgerChange[],
  maximum = maximumValues,
): Promise<void> {
  if (changes.length === 0) return
  const timeZone = await lockRollups(client, organizationId)
  const groups = groupCalls(changes)
  const deltas = toDeltas(groups, await findLocalStarts(client, timeZone, groups))
  const folded = await findFolded(client, organizationId, deltas, maximum)
  await addDeltas(client, organizationId, folded.size === 0 ? deltas : foldDeltas(deltas, (delta) => folded.has(delta)))
}

/** By zone: when day and month of a quarter begin never changes. */
const knownStarts = new Map<string, Map<number, LocalStarts>>()
const maximumKnown = 10_000

async function findLocalStarts(
  client: pg.ClientBase,
  timeZone: string,
  groups: readonly CallGroup[],
): Promise<ReadonlyMap<number, LocalStarts>> {
  const known = knownStarts.get(timeZone) ?? new Map<number, LocalStarts>()
  knownStarts.set(timeZone, known)
  const starts = new Map<number, LocalStarts>()
  const missing: number[] = []
  for (const quarter of new Set(groups.map((group) => group.quarter))) {
    const of = known.get(quarter)
    if (of === undefined) missing.push(quarter)
    else starts.set(quarter, of)
  }
  if (missing.length === 0) return starts
  if (known.size > maximumKnown) known.clear()
  for (const [quarter, of] of await readLocalStarts(client, timeZone, missing)) {
    known.set(quarter, of)
    starts.set(quarter, of)
  }
  return starts
}
