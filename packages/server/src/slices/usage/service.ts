import type pg from 'pg'
import type { Deps } from '../../deps'
import { inTenantSql } from '../../platform/tenancy'
import type { PricedCost } from '../prices/service'
import { type LedgerChange, toContribution } from './contribution'
import { estimateMissing } from './estimates'
import { billedModel, type UsageReport } from './event'
import { type EventRow, insertEvents } from './event-rows'
import { ensureDays } from './ledger-days'
import { lockLedger } from './ledger-lock'
import { linkCalls } from './links'
import { toEventRow, type WrittenUsage } from './mapping'
import { learnRatios, toLesson } from './ratios'
import { settleRepeats } from './repeats'
import { addToRollups } from './rollups/service'

export type { UsageReport } from './event'
export { relateSpans } from './links/relate-spans'

type Room = Pick<Deps, 'db' | 'clock' | 'prices' | 'live' | 'usageBatches'>

interface Call {
  report: UsageReport
  cost: PricedCost
  row: EventRow
}

/**
 * Writes calls of one organization into the ledger, each once however often it is reported, with the cost that the price book
 * gives it. Committed when it returns, together with what others report at the same time.
 */
export function recordUsage(deps: Room, organizationId: string, reports: readonly UsageReport[]): Promise<WrittenUsage[]> {
  return deps.usageBatches.run(organizationId, reports, (batch) => writeUsage(deps, organizationId, batch))
}

async function writeUsage(deps: Room, organizationId: string, reports: readonly UsageReport[]): Promise<WrittenUsage[]> {
  await Promise.all([deps.prices.load(organizationId), ensureDays(deps, reports)])
  const { calls, changes, newIds, shared, linked } = await inTenantSql(deps.db.appPool, organizationId, async (client) => {
    await lockLedger(client, organizationId, reports.every(isOfOurOwn) ? 'shared' : 'exclusive')
    const receivedAt = deps.clock.now()
    const complete = await estimateMissing(client, reports, (report) =>
      deps.prices.limitsOf(organizationId, report.provider, billedModel(report), report.occurredAt),
    )
    const calls = complete.map((report) => toCall(deps, organizationId, report, receivedAt))
    const written = await writeCalls(client, organizationId, calls)
    await learnRatios(client, organizationId, written.calls.flatMap(toLessons), receivedAt)
    await addToRollups(client, organizationId, written.changes)
    return { ...written, calls }
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
const isOfOurOwn = ({ identity: { kind } }: UsageReport) => kind === 'leased' || kind === 'test'

/** Events and what becomes of earlier ones; the sums do not know of it yet. */
async function writeCalls(client: pg.ClientBase, organizationId: string, calls: readonly Call[]) {
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

function toCall({ prices }: Room, organizationId: string, report: UsageReport, receivedAt: Date): Call {
  const { provider, region, occurredAt: at, isReportedCostTrusted } = report
  const { vector, imageTokens, serviceTier, reportedNanos } = report.reading
  const cost = prices.priceUsage(organizationId, {
    provider,
    model: billedModel(report),
    region,
    at,
    vector,
    imageTokens,
    serviceTier,
    reportedNanos: isReportedCostTrusted ? reportedNanos : null,
  })
  return { report, cost, row: toEventRow(report, receivedAt, cost) }
}

const toBilled = ({ report, cost: { costNanos } }: Call): LedgerChange => ({
  sign: 1,
  of: toContribution(report, { costNanos, chargedNanos: costNanos }),
})

const toLessons = ({ report }: Call) => toLesson(report.provider, billedModel(report), report.reading) ?? []
