import type { Deps } from '../../deps'
import type { PricedCost } from '../prices/service'
import { billedModel, type UsageReport } from './event'
import type { EventRow } from './event-rows'
import { toEventRow } from './mapping'

/** A call with its price and its row, ready to be written. */
export interface PricedCall {
  report: UsageReport
  cost: PricedCost
  row: EventRow
}

export function priceCall({ prices }: Pick<Deps, 'prices'>, organizationId: string, report: UsageReport, receivedAt: Date): PricedCall {
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
