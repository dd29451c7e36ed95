import type pg from 'pg'
import type { LedgerChange } from './contribution'
import { hashIdentity, type UsageReport } from './event'
import { type EventRow, findKnownEvents, insertEvents, replaceAssumed } from './event-rows'
import { toHex } from './mapping'

interface Repeated {
  report: UsageReport
  row: EventRow
}

interface Settled {
  /** Ids of the calls of a second holder. */
  shared: ReadonlySet<string>
  /** What was assumed no longer counts, what is true does. */
  replaced: readonly LedgerChange[]
}

/**
 * Calls under a lease whose number the ledger holds already. What was only assumed gives way to the truth, and never the other way
 * round. The same number under another span is no repetition: two processes hold the lease, and each call counts once, under its
 * span.
 */
export async function settleRepeats(client: pg.ClientBase, organizationId: string, repeated: readonly Repeated[]): Promise<Settled> {
  const leased = repeated.filter(({ report }) => report.identity.kind === 'leased')
  const known = await findKnownEvents(
    client,
    leased.map(({ row }) => row),
  )
  const truths: Parameters<typeof replaceAssumed>[1][number][] = []
  const conflicts: EventRow[] = []
  for (const { report, row } of leased) {
    const event = known.get(row.hash)
    if (!event || report.reading.quality === 'assumed') continue
    if (event.quality === 'assumed') truths.push({ known: event, row })
    else if (!event.isSameSpan && report.traceId && report.spanId) conflicts.push(underItsSpan(row, report.traceId, report.spanId))
  }
  await replaceAssumed(client, truths)
  return { shared: conflicts.length === 0 ? new Set() : await insertEvents(client, organizationId, conflicts), replaced: [] }
}

const underItsSpan = (row: EventRow, traceId: Buffer, spanId: Buffer): EventRow => ({
  ...row,
  hash: toHex(hashIdentity({ kind: 'span', traceId, spanId })),
})
