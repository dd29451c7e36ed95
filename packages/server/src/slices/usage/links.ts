import type pg from 'pg'
import type { LedgerChange } from './contribution'
import type { UsageReport } from './event'
import type { EventRow } from './event-rows'
import type { LinkCall } from './links/call'
import { relink } from './links/relink'
import { findCallsByResponse, findTraceCalls } from './links/rows'
import { toHex } from './mapping'

interface Linked {
  /** Ids of written events that another event bills. */
  linked: ReadonlySet<string>
  /** Earlier events that another one bills from now on, or that bill again themselves. */
  moved: readonly LedgerChange[]
}

interface Written {
  report: UsageReport
  row: EventRow
}

/** Finds what several reports tell of one call, and lets one of them bill it. */
export async function linkCalls(client: pg.ClientBase, written: readonly Written[]): Promise<Linked> {
  const leased = written.filter(({ report }) => report.identity.kind === 'leased')
  const fresh = written.filter(({ report }) => report.relations !== null).map(toLinkCall)
  const matched = await findCallsByResponse(
    client,
    leased.flatMap(({ row }) => (row.response_hash === null ? [] : String(row.response_hash))),
  )
  const traces = new Set([...fresh, ...matched].flatMap(({ traceId }) => traceId ?? []))
  const known = await findTraceCalls(
    client,
    [...traces],
    fresh.map(({ id }) => id),
  )
  const calls = new Map([...matched, ...known, ...fresh].map((call) => [call.id, call]))
  const { linked, changes } = await relink(client, [...calls.values()], new Set(fresh.map(({ id }) => id)))
  return { linked: new Set(fresh.flatMap(({ id }) => (linked.has(id) ? [id] : []))), moved: changes }
}

function toLinkCall({ report, row }: Written): LinkCall {
  const { occurredAt, traceId, spanId, relations, requestModel, reading, status } = report
  const { vector } = reading
  return {
    id: row.id,
    occurredAt,
    traceId: traceId && toHex(traceId),
    spanId: spanId && toHex(spanId),
    parentId: relations?.parentSpanId ? toHex(relations.parentSpanId) : null,
    isContainer: relations?.isContainer ?? false,
    hasUse: status !== 'error' || vector.inputUncached + vector.cacheRead + vector.outputText + vector.reasoning > 0,
    responseHash: row.response_hash === null ? null : String(row.response_hash),
    models: [requestModel, reading.model],
    linkedTo: null,
  }
}
