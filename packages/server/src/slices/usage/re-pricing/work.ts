import { oneRequest } from '@keylease/shared/pricing/vector'
import type pg from 'pg'
import type { Deps } from '../../../deps'
import type { Jobs } from '../../../platform/jobs'
import { inTenantSql } from '../../../platform/tenancy'
import type { LedgerChange } from '../contribution'
import { findContributions } from '../contribution-rows'
import { lockLedger } from '../ledger-lock'
import { addToRollups } from '../rollups/service'
import { addCosts, type ComparedCost } from './difference'
import {
  listPricedRows,
  listWaitingOrganizations,
  lockWaitingRun,
  type NewCost,
  type PricedRow,
  saveProgress,
  updateCosts,
  type WaitingRun,
} from './work-rows'

type Room = Pick<Deps, 'db' | 'clock' | 'prices'>

const everyMs = 2_000
const batchSize = 2_000

export function scheduleRePricing(jobs: Jobs, deps: Room): void {
  jobs.loop('re-pricing', everyMs, () => workOnRePricings(deps))
}

/** Compares or applies what waits, a batch a transaction: killed at any point, the next turn goes on where the last commit was. */
export async function workOnRePricings(deps: Room): Promise<void> {
  for (const organizationId of await listWaitingOrganizations(deps.db.systemPool)) {
    let isMore = true
    while (isMore) isMore = await workOnBatch(deps, organizationId)
  }
}

async function workOnBatch(deps: Room, organizationId: string): Promise<boolean> {
  await deps.prices.load(organizationId)
  const pricesVersion = deps.prices.version(organizationId)
  return inTenantSql(deps.db.systemPool, organizationId, async (client) => {
    const run = await lockWaitingRun(client)
    if (!run) return false
    const now = deps.clock.now()
    const isStale = run.pricesVersion !== null && run.pricesVersion !== pricesVersion
    if (isStale) {
      await saveProgress(client, { ...run, status: 'stale' }, run, now)
      return true
    }
    // What is read is what is changed: no report puts the truth in the place of an assumed call meanwhile.
    if (run.status === 'applying') await lockLedger(client, organizationId, 'exclusive')
    const rows = await listPricedRows(client, run, batchSize)
    const priced = rows.map((row) => priceRow(deps, organizationId, row))
    if (run.status === 'applying') await applyCosts(client, organizationId, priced.flatMap(toChange))
    const last = rows.at(-1)
    const isDone = rows.length < batchSize
    const cursor = last ? { cursorAt: last.occurredAt, cursorId: last.id } : { cursorAt: run.cursorAt, cursorId: run.cursorId }
    const difference = run.status === 'comparing' ? addCosts(run, priced.filter(({ row }) => row.isBilled).map(toCompared)) : run
    await saveProgress(client, { id: run.id, pricesVersion, ...cursor, status: isDone ? doneAs[run.status] : run.status }, difference, now)
    return true
  })
}

const doneAs = { comparing: 'ready', applying: 'applied' } as const satisfies Record<WaitingRun['status'], string>

interface Priced {
  row: PricedRow
  cost: ReturnType<Deps['prices']['priceUsage']>
}

function priceRow({ prices }: Room, organizationId: string, row: PricedRow): Priced {
  const { provider, model, region, serviceTier, occurredAt: at } = row
  const imageTokens = { input: row.imageTokensIn, output: row.imageTokensOut }
  const reportedNanos = row.reportedNanos === null || !row.isReportedCostTrusted ? null : BigInt(row.reportedNanos)
  const usage = { provider, model, region, serviceTier, at, vector: oneRequest(row.vector), imageTokens, reportedNanos }
  return { row, cost: prices.priceUsage(organizationId, usage) }
}

const toCompared = ({ row, cost }: Priced): ComparedCost => ({
  provider: row.provider,
  model: row.model ?? '',
  before: row.costNanos === null ? null : BigInt(row.costNanos),
  after: cost.costNanos,
})

/** The sums move by the difference in the same transaction. */
async function applyCosts(client: pg.ClientBase, organizationId: string, costs: readonly NewCost[]): Promise<void> {
  const before = await findContributions(
    client,
    costs.map(({ id, occurred_at: occurredAt }) => ({ id, occurredAt })),
  )
  await updateCosts(client, costs)
  const changes = costs.flatMap(({ id, cost_nanos }): LedgerChange[] => {
    const of = before.get(id)
    if (!of) return []
    return [
      { sign: -1, of },
      { sign: 1, of: { ...of, costNanos: cost_nanos === null ? null : BigInt(cost_nanos) } },
    ]
  })
  await addToRollups(client, organizationId, changes)
}

/** Nothing where the cost and its price are what they were. */
function toChange({ row, cost }: Priced): NewCost[] {
  const costNanos = cost.costNanos?.toString() ?? null
  if (costNanos === row.costNanos && cost.priceId === row.priceId && cost.priceVersion === row.priceVersion) return []
  const { basis, priceId, priceVersion } = cost
  return [
    { occurred_at: row.occurredAt, id: row.id, cost_nanos: costNanos, cost_basis: basis, price_id: priceId, price_version: priceVersion },
  ]
}
