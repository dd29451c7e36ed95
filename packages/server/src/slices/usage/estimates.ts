import { assumeUsage, type ModelLimits } from '@keylease/shared/metering/assume'
import { estimateUsage } from '@keylease/shared/metering/estimate'
import type { CallReading } from '@keylease/shared/metering/reading'
import type { Deps } from '../../deps'
import { inTenantSql } from '../../platform/tenancy'
import { billedModel, type UsageReport } from './event'
import { ratioKey, readRatios } from './ratios'
import { seedRatio } from './seed-ratio'

/**
 * What an answer did not tell is counted from what was seen of it, by what the organization's exact answers taught; where nobody saw
 * the outcome, the most that request and model allow stands in. Its prices must be loaded.
 */
export async function estimateMissing(
  { db, prices }: Pick<Deps, 'db' | 'prices'>,
  organizationId: string,
  told: readonly UsageReport[],
): Promise<readonly UsageReport[]> {
  if (told.every(({ exchange }) => exchange === null)) return told
  const limitsOf = (report: UsageReport) => prices.limitsOf(organizationId, report.provider, billedModel(report), report.occurredAt)
  const reports = told.map((report) => assumeMost(report, limitsOf))
  const models = reports.filter(needsEstimate).flatMap((report) => ({ provider: report.provider, model: billedModel(report) ?? '' }))
  if (models.length === 0) return reports
  const [ratios, seed] = await Promise.all([inTenantSql(db.appPool, organizationId, (client) => readRatios(client, models)), seedRatio()])
  return reports.map((report) => (needsEstimate(report) ? { ...report, reading: estimate(report, ratios, seed) } : report))
}

function assumeMost(report: UsageReport, limitsOf: (report: UsageReport) => ModelLimits): UsageReport {
  const { reading, exchange } = report
  if (reading.quality !== 'assumed' || exchange === null) return report
  return { ...report, reading: assumeUsage(reading, exchange.request, limitsOf(report)) }
}

const needsEstimate = ({ reading, exchange }: UsageReport) => reading.quality === 'estimated' && exchange !== null

function estimate({ reading, exchange, ...report }: UsageReport, ratios: Map<string, number>, seed: number): CallReading {
  if (exchange === null) return reading
  const model = billedModel({ reading, requestModel: report.requestModel }) ?? ''
  const charactersPerToken = ratios.get(ratioKey({ provider: report.provider, model })) ?? seed
  return estimateUsage(reading, { ...exchange, ratio: { charactersPerToken }, isTold: report.rawUsage !== null })
}
