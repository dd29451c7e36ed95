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
import { type PricedCall, priceCall, type WrittenUsage } from './priced-call'
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
  return calls.map(({ id, cost: { costNanos } }) => ({
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
  const fresh = await insertEvents(client, organizationId, calls)
  const { shared, truths, replaced } = await settleRepeats(client, organizationId, findRepeated(calls, fresh))
  const written = [...fresh, ...shared, ...truths]
  const { linked, moved } = await linkCalls(client, written)
  const billed = written.filter(({ id }) => !linked.has(id)).map(toBilled)
  const [newIds, sharedIds] = [toIds([...fresh, ...shared]), toIds(shared)]
  return { calls: written, newIds, shared: sharedIds, linked, changes: [...billed, ...replaced, ...moved] }
}

const toIds = (calls: readonly PricedCall[]): ReadonlySet<string> => new Set(calls.map(({ id }) => id))

function findRepeated(calls: readonly PricedCall[], fresh: readonly PricedCall[]): readonly PricedCall[] {
  if (fresh.length === calls.length) return []
  const known = toIds(fresh)
  return calls.filter(({ id }) => !known.has(id))
}

const toBilled = ({ report, cost: { costNanos } }: PricedCall): LedgerChange => ({
  sign: 1,
  of: toContribution(report, { costNanos, chargedNanos: costNanos }),
})

const toLessons = ({ report }: PricedCall) => toLesson(report.provider, billedModel(report), report.reading) ?? []
