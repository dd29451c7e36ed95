import type pg from 'pg'
import type { Deps } from '../../deps'
import { inTenantSql } from '../../platform/tenancy'
import { type LedgerChange, toContribution } from './contribution'
import { estimateMissing } from './estimates'
import { billedModel, type UsageReport } from './event'
import { insertEvents } from './event-rows'
import { ensureDays } from './ledger-days'
import { lockLedger } from './ledger-lock'
import { linkCalls } from './links'
import type { WrittenUsage } from './mapping'
import { type PricedCall, priceCall } from './priced-call'
import { learnRatios, toLesson } from './ratios'
import { settleRepeats } from './repeats'
import { addToRollups } from './rollups/service'

export type { UsageReport } from './event'
export { relateSpans, type SpanEdge } from './links/relate-spans'

type Room = Pick<Deps, 'db' | 'clock' | 'prices' | 'live' | 'usageBatches'>

/**
 * Writes calls of one organization into the ledger, each once however often it is reported, with the cost that the price book
 * gives it. Committed when it returns, together with what others report at the same time.
 */
export async function recordUsage(deps: Room, organizationId: string, reports: readonly UsageReport[]): Promise<WrittenUsage[]> {
  await Promise.all([deps.prices.load(organizationId), ensureDays(deps, reports)])
  const receivedAt = deps.clock.now()
  const complete = await estimateMissing(deps, organizationId, reports)
  // Made ready before its turn: meanwhile the database writes what came before.
  const calls = complete.map((report) => priceCall(deps, organizationId, report, receivedAt))
  return deps.usageBatches.run(organizationId, calls, (batch) => writeUsage(deps, organizationId, batch))
}

async function writeUsage(deps: Room, organizationId: string, calls: readonly PricedCall[]): Promise<WrittenUsage[]> {
  const { changes, newIds, shared, linked } = await inTenantSql(deps.db.appPool, organizationId, async (client) => {
    await lockLedger(client, organizationId, calls.every(isOfOurOwn) ? 'shared' : 'exclusive')
    const written = await writeCalls(client, organizationId, calls)
    await learnRatios(client, organizationId, written.calls.flatMap(toLessons), deps.clock.now())
    await addToRollups(client, organizationId, written.changes)
    return written
  })
  deps.live.announce(organizationId, changes)
  return calls.map(({ row: { id }, cost: { costNanos } }) => ({
    id,
    isNew: newIds.has(id),
    isShared: shared.has(id),
    isLinked: linked.has(id),
    costNanos,
  }))
}

/** What came without a lease may be what another report told already: it has to see all of them. */
const isOfOurOwn = ({
  report: {
    identity: { kind },
  },
}: PricedCall) => kind === 'leased' || kind === 'test'

/** Events and what becomes of earlier ones; the sums do not know of it yet. */
async function writeCalls(client: pg.ClientBase, organizationId: string, calls: readonly PricedCall[]) {
  const fresh = await insertEvents(
    client,
    organizationId,
    calls.map(({ row }) => row),
  )
  const { shared, truths, replaced } = await settleRepeats(
    client,
    organizationId,
    calls.filter(({ row }) => !fresh.has(row.id)),
  )
  const newIds = fresh.union(shared)
  const written = [...calls.filter(({ row }) => newIds.has(row.id)), ...truths]
  const { linked, moved } = await linkCalls(client, written)
  const billed = written.filter(({ row }) => !linked.has(row.id)).map(toBilled)
  return { calls: written, newIds, shared, linked, changes: [...billed, ...replaced, ...moved] }
}

const toBilled = ({ report, cost: { costNanos } }: PricedCall): LedgerChange => ({
  sign: 1,
  of: toContribution(report, { costNanos, chargedNanos: costNanos }),
})

const toLessons = ({ report }: PricedCall) => toLesson(report.provider, billedModel(report), report.reading) ?? []
