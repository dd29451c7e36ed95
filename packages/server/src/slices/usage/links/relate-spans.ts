import type { Deps } from '../../../deps'
import { inTenantSql } from '../../../platform/tenancy'
import { lockLedger } from '../ledger-lock'
import { addToRollups } from '../rollups/service'
import { relink } from './relink'
import { addEdges, findKnownTraces, findObserved, findTraceCalls } from './rows'

/** A span that tells of no call, but of what stands above it. */
export interface SpanEdge {
  traceId: string
  spanId: string
  parentSpanId: string
  /** Something that came with it says that its trace is about models. */
  isNear: boolean
}

interface ToldEdge {
  traceId: string
  edge: string
  isNear: boolean
}

type Room = Pick<Deps, 'db' | 'clock' | 'live'>

const edgesAtOnce = 2_000

/** Spans that tell of no call may show that one call stands inside another: whoever bills then may be another. */
export async function relateSpans(deps: Room, organizationId: string, edges: readonly SpanEdge[]): Promise<void> {
  const told = edges.slice(0, edgesAtOnce).map(({ traceId, spanId, parentSpanId, isNear }) => ({
    traceId,
    edge: spanId + parentSpanId,
    isNear,
  }))
  const kept = await keepRelated(deps, organizationId, told)
  if (kept.length === 0) return
  const changes = await inTenantSql(deps.db.appPool, organizationId, async (client) => {
    await lockLedger(client, organizationId, 'exclusive')
    const traces = await addEdges(client, organizationId, kept, deps.clock.now())
    const observed = await findObserved(client, [], traces)
    const calls = await findTraceCalls(
      client,
      observed.flatMap(({ traceId }) => traceId ?? []),
      [],
    )
    const relinked = await relink(client, calls, new Set())
    await addToRollups(client, organizationId, relinked.changes)
    return relinked.changes
  })
  deps.live.announce(organizationId, changes)
}

/** Most traces of a service that sends all of them are about no model: they cost one look, and keep nobody waiting. */
async function keepRelated({ db }: Room, organizationId: string, edges: readonly ToldEdge[]): Promise<readonly ToldEdge[]> {
  const traces = new Set(edges.flatMap(({ traceId, isNear }) => (isNear ? [] : traceId)))
  if (traces.size === 0) return edges
  const known = await inTenantSql(db.appPool, organizationId, (client) => findKnownTraces(client, [...traces]))
  return edges.filter(({ traceId, isNear }) => isNear || known.has(traceId))
}
