import type pg from 'pg'
import type { LedgerChange } from './contribution'
import { findContributions } from './contribution-rows'
import { hashIdentity, type UsageReport } from './event'
import { type EventRow, findKnownEvents, insertEvents, type KnownEvent, replaceAssumed } from './event-rows'
import { toHex } from './mapping'

interface Call {
  report: UsageReport
  row: EventRow
}

interface Settled<C extends Call> {
  /** Ids of the calls of a second holder. */
  shared: ReadonlySet<string>
  /** What took the place of something assumed, under the id that the ledger had for it. */
  truths: readonly C[]
  /** What was assumed no longer counts. */
  replaced: readonly LedgerChange[]
}

/**
 * Calls under a lease whose number the ledger holds already. What was only assumed gives way to the truth, and never the other way
 * round. The same number under another span is no repetition: two processes hold the lease, and each call counts once, under its
 * span.
 */
export async function settleRepeats<C extends Call>(
  client: pg.ClientBase,
  organizationId: string,
  repeated: readonly C[],
): Promise<Settled<C>> {
  const truths: C[] = []
  const replaced: LedgerChange[] = []
  const conflicts: EventRow[] = []
  let waiting = repeated.filter(({ report }) => report.identity.kind === 'leased' && report.reading.quality !== 'assumed')
  while (waiting.length > 0) {
    const known = await findKnownEvents(
      client,
      waiting.map(({ row }) => row),
    )
    const sorted = sortRepeats(waiting, known)
    replaced.push(...(await replaceWithTruth(client, sorted.truths)))
    truths.push(...sorted.truths.map(({ known, call }) => ({ ...call, row: { ...call.row, id: known.eventId } })))
    conflicts.push(...sorted.conflicts)
    waiting = sorted.later
  }
  return { shared: conflicts.length === 0 ? new Set() : await insertEvents(client, organizationId, conflicts), truths, replaced }
}

interface Truth<C> {
  known: KnownEvent
  call: C
}

/** The first that is true takes the place of what was assumed; others under its number meet the ledger as it is then. */
function sortRepeats<C extends Call>(calls: readonly C[], known: ReadonlyMap<string, KnownEvent>) {
  const truths = new Map<string, Truth<C>>()
  const conflicts: EventRow[] = []
  const later: C[] = []
  for (const call of calls) {
    const { report, row } = call
    const event = known.get(row.hash)
    if (!event) continue
    if (truths.has(row.hash)) later.push(call)
    else if (event.quality === 'assumed') truths.set(row.hash, { known: event, call })
    else if (!event.isSameSpan && report.traceId && report.spanId) conflicts.push(underItsSpan(row, report.traceId, report.spanId))
  }
  return { truths: [...truths.values()], conflicts, later }
}

async function replaceWithTruth(client: pg.ClientBase, truths: readonly Truth<Call>[]): Promise<LedgerChange[]> {
  const assumed = await findContributions(
    client,
    truths.map(({ known: { eventId: id, occurredAt } }) => ({ id, occurredAt })),
  )
  await replaceAssumed(
    client,
    truths.map(({ known, call: { row } }) => ({ known, row })),
  )
  return [...assumed.values()].map((of) => ({ sign: -1, of }))
}

const underItsSpan = (row: EventRow, traceId: Buffer, spanId: Buffer): EventRow => ({
  ...row,
  hash: toHex(hashIdentity({ kind: 'span', traceId, spanId })),
})
