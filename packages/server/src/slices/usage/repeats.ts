import type pg from 'pg'
import type { LedgerChange } from './contribution'
import { findContributions } from './contribution-rows'
import { hashIdentity } from './event'
import { findKnownEvents, insertEvents, type KnownEvent, replaceAssumed, type Truth } from './event-rows'
import type { PricedCall } from './priced-call'

interface Settled {
  /** Calls of a second holder. */
  shared: readonly PricedCall[]
  /** What took the place of something assumed, under the id that the ledger had for it. */
  truths: readonly PricedCall[]
  /** What was assumed no longer counts. */
  replaced: readonly LedgerChange[]
}

/**
 * Calls under a lease whose number the ledger holds already. What was only assumed gives way to the truth, and never the other way
 * round. The same number under another span is no repetition: two processes hold the lease, and each call counts once, under its
 * span.
 */
export async function settleRepeats(client: pg.ClientBase, organizationId: string, repeated: readonly PricedCall[]): Promise<Settled> {
  const truths: PricedCall[] = []
  const replaced: LedgerChange[] = []
  const conflicts: PricedCall[] = []
  let waiting = repeated.filter(({ report }) => report.identity.kind === 'leased' && report.reading.quality !== 'assumed')
  while (waiting.length > 0) {
    const sorted = sortRepeats(waiting, await findKnownEvents(client, waiting))
    replaced.push(...(await replaceWithTruth(client, sorted.truths)))
    truths.push(...sorted.truths.map(({ known, call }) => ({ ...call, id: known.eventId })))
    conflicts.push(...sorted.conflicts)
    waiting = sorted.later
  }
  return { shared: await insertEvents(client, organizationId, conflicts), truths, replaced }
}

/** The first that is true takes the place of what was assumed; others under its number meet the ledger as it is then. */
function sortRepeats(calls: readonly PricedCall[], known: ReadonlyMap<string, KnownEvent>) {
  const truths = new Map<string, Truth>()
  const conflicts: PricedCall[] = []
  const later: PricedCall[] = []
  for (const call of calls) {
    const { report, hash } = call
    const event = known.get(hash)
    if (!event) continue
    if (truths.has(hash)) later.push(call)
    else if (event.quality === 'assumed') truths.set(hash, { known: event, call })
    else if (!event.isSameSpan && report.traceId && report.spanId) conflicts.push(underItsSpan(call, report.traceId, report.spanId))
  }
  return { truths: [...truths.values()], conflicts, later }
}

async function replaceWithTruth(client: pg.ClientBase, truths: readonly Truth[]): Promise<LedgerChange[]> {
  const assumed = await findContributions(
    client,
    truths.map(({ known: { eventId: id, occurredAt } }) => ({ id, occurredAt })),
  )
  await replaceAssumed(client, truths)
  return [...assumed.values()].map((of) => ({ sign: -1, of }))
}

const underItsSpan = (call: PricedCall, traceId: string, spanId: string): PricedCall => ({
  ...call,
  hash: hashIdentity({ kind: 'span', traceId, spanId }),
})
