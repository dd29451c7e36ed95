import type { Deps } from '../../../deps'
import { inTenantSql } from '../../../platform/tenancy'
import { lockLedger } from '../ledger-lock'
import { toHex } from '../mapping'
import { addToRollups } from '../rollups/service'
import { relink } from './relink'
import { addEdges, findTraceCalls } from './rows'

/** A span that tells of no call, but of what stands above it. */
interface SpanEdge {
  traceId: Buffer
  spanId: Buffer
  parentSpanId: Buffer
}

const edgesAtOnce = 2_000

/** Spans that tell of no call may show that one call stands inside another: whoever bills then may be another. */
export async function relateSpans(
  deps: Pick<Deps, 'db' | 'clock' | 'live'>,
  organizationId: string,
  edges: readonly SpanEdge[],
): Promise<void> {
  if (edges.length === 0) return
  const told = edges.slice(0, edgesAtOnce).map(({ traceId, spanId, parentSpanId }) => ({
    traceId: toHex(traceId),
    edge: toHex(Buffer.concat([spanId, parentSpanId])),
  }))
  const changes = await inTenantSql(deps.db.appPool, organizationId, async (client) => {
    await lockLedger(client, organizationId, 'exclusive')
    const traces = await addEdges(client, organizationId, told, deps.clock.now())
    const calls = await findTraceCalls(client, traces, [])
    const relinked = await relink(client, calls, new Set())
    await addToRollups(client, organizationId, relinked.changes)
    return relinked.changes
  })
  deps.live.announce(organizationId, changes)
}
