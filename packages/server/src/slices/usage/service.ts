import { estimateUsage } from '@keylease/shared/metering/estimate'
import type { UsageReading } from '@keylease/shared/metering/reading'
import type pg from 'pg'
import type { Deps } from '../../deps'
import { ensurePartition } from '../../platform/postgres/partitions'
import { inTenantSql } from '../../platform/tenancy'
import type { PricedCost } from '../prices/service'
import { type LedgerChange, toContribution } from './contribution'
import { billedModel, type UsageReport } from './event'
import { insertEvents } from './event-rows'
import { linkCalls } from './links'
import { toEventRow, type WrittenUsage } from './mapping'
import { learnRatios, ratioKey, readRatios, toLesson } from './ratios'
import { settleRepeats } from './repeats'
import { addToRollups } from './rollups/service'
import { seedRatio } from './seed-ratio'

export type { UsageReport } from './event'

type Room = Pick<Deps, 'db' | 'clock' | 'prices'>

/**
 * Writes calls of one organization into the ledger, each once however often it is reported, with the cost that the price book
 * gives it. Committed when it returns.
 */
export async function recordUsage(deps: Room, organizationId: string, reports: readonly UsageReport[]): Promise<WrittenUsage[]> {
  if (reports.length === 0) return []
  await Promise.all([deps.prices.load(organizationId), ensureDays(deps, reports)])
  return inTenantSql(deps.db.appPool, organizationId, async (client) => {
    const receivedAt = deps.clock.now()
    const whole = await estimateMissing(client, reports)
    const calls = whole.map((report) => {
      const cost = priceReport(deps, organizationId, report)
      return { report, cost, row: toEventRow(report, receivedAt, cost) }
    })
    const fresh = await insertEvents(
      client,
      organizationId,
      calls.map(({ row }) => row),
    )
    const repeated = calls.filter(({ row }) => !fresh.has(row.id))
    const { shared, replaced } = await settleRepeats(client, organizationId, repeated)
    const written = calls.filter(({ row }) => fresh.has(row.id) || shared.has(row.id))
    const { linked, unbilled } = await linkCalls(client, organizationId, written)
    const billed = written.filter(({ row }) => !linked.has(row.id)).map(toBilled)
    await learnRatios(
      client,
      organizationId,
      written.flatMap(({ report }) => toLessons(report)),
      receivedAt,
    )
    await addToRollups(client, organizationId, [...billed, ...replaced, ...unbilled])
    return calls.map(({ row: { id }, cost }) => ({
      id,
      isNew: fresh.has(id) || shared.has(id),
      isShared: shared.has(id),
      costNanos: cost.costNanos,
    }))
  })
}

const toBilled = ({ report, cost: { costNanos } }: { report: UsageReport; cost: PricedCost }): LedgerChange => ({
  sign: 1,
  of: toContribution(report, { costNanos, chargedNanos: costNanos }),
})

const toLessons = (report: UsageReport) => toLesson(report.provider, billedModel(report), report.reading) ?? []

function priceReport({ prices }: Room, organizationId: string, report: UsageReport) {
  const { vector, imageTokens, serviceTier } = report.reading
  const reportedNanos = report.isReportedCostTrusted ? report.reading.reportedNanos : null
  const { provider, region, occurredAt: at } = report
  return prices.priceUsage(organizationId, {
    provider,
    model: billedModel(report),
    region,
    at,
    vector,
    imageTokens,
    serviceTier,
    reportedNanos,
  })
}

/** What an answer did not tell is counted from what was seen of it, by what the organization's exact answers taught. */
async function estimateMissing(client: pg.ClientBase, reports: readonly UsageReport[]): Promise<UsageReport[]> {
  const models = reports.filter(needsEstimate).flatMap((report) => ({ provider: report.provider, model: billedModel(report) ?? '' }))
  if (models.length === 0) return [...reports]
  const [ratios, seed] = await Promise.all([readRatios(client, models), seedRatio()])
  return reports.map((report) => (needsEstimate(report) ? { ...report, reading: estimate(report, ratios, seed) } : report))
}

const needsEstimate = ({ reading, exchange }: UsageReport) => reading.quality === 'estimated' && exchange !== null

function estimate({ reading, exchange, ...report }: UsageReport, ratios: Map<string, number>, seed: number): UsageReading {
  if (exchange === null) return reading
  const model = billedModel({ reading, requestModel: report.requestModel }) ?? ''
  const charactersPerToken = ratios.get(ratioKey({ provider: report.provider, model })) ?? seed
  return estimateUsage(reading, { ...exchange, ratio: { charactersPerToken } })
}

/** By database: days whose partition this process has seen. */
const knownDays = new WeakMap<pg.Pool, Set<string>>()

/** Events arrive for days whose partition was never needed: days behind are made when the first event of one comes. */
async function ensureDays({ db }: Room, reports: readonly UsageReport[]): Promise<void> {
  const known = knownDays.get(db.ownerPool) ?? new Set()
  knownDays.set(db.ownerPool, known)
  for (const { occurredAt } of reports) {
    const day = occurredAt.toISOString().slice(0, 10)
    if (known.has(day)) continue
    await ensurePartition(db.ownerPool, 'usage_event', occurredAt)
    known.add(day)
  }
}
