import type pg from 'pg'
import type { LedgerChange } from './contribution'
import type { LinkCall } from './links/call'
import { relink } from './links/relink'
import { findObserved, findTraceCalls, lockLinks } from './links/rows'
import type { PricedCall } from './priced-call'

interface Linked {
  /** Ids of written events that another event bills. */
  linked: ReadonlySet<string>
  /** Earlier events that another one bills from now on, or that bill again themselves. */
  moved: readonly LedgerChange[]
}

/** Finds what several reports tell of one call, and lets one of them bill it. */
export async function linkCalls(client: pg.ClientBase, written: readonly PricedCall[]): Promise<Linked> {
  const leased = written.filter(isLeased)
  const observed = written.filter((one) => !isLeased(one) && one.report.relations !== null)
  const met = await findObserved(
    client,
    leased.flatMap(({ responseHash }) => responseHash ?? []),
    leased.flatMap((one) => readTrace(one) ?? []),
  )
  if (observed.length + met.length === 0) return { linked: new Set(), moved: [] }
  if (observed.length === 0) await lockLinks(client)
  const traces = new Set([...observed.map(readTrace), ...met.map(({ traceId }) => traceId)].flatMap((traceId) => traceId ?? []))
  const fresh = [...observed, ...leased.filter((one) => traces.has(readTrace(one) ?? ''))].map(toLinkCall)
  const ids = new Set(fresh.map(({ id }) => id))
  const known = await findTraceCalls(client, [...traces], [...ids])
  const calls = new Map([...met, ...known, ...fresh].map((call) => [call.id, call]))
  const { linked, changes } = await relink(client, [...calls.values()], ids)
  return { linked: linked.intersection(ids), moved: changes }
}

const isLeased = ({ report }: PricedCall) => report.identity.kind === 'leased'

/** A call under a lease takes part in its trace only where it stands below another span. */
const readTrace = ({ report }: PricedCall) => (report.relations === null ? null : report.traceId)

function toLinkCall(written: PricedCall): LinkCall {
  const { id, report, responseHash } = written
  const { occurredAt, spanId, relations, requestModel, reading, status } = report
  const { vector } = reading
  return {
    id,
    isLeased: isLeased(written),
    occurredAt,
    traceId: readTrace(written),
    spanId,
    parentId: relations?.parentSpanId ?? null,
    isContainer: relations?.isContainer ?? false,
    hasUse: status !== 'error' || vector.inputUncached + vector.cacheRead + vector.outputText + vector.reasoning > 0,
    responseHash,
    models: [requestModel, reading.model],
    linkedTo: null,
  }
}
