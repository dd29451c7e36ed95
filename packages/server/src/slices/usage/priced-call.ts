import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import type { PricedCost } from '../prices/service'
import { billedModel, hashIdentity, hashResponse, type UsageReport } from './event'

/** A call with its price and its place in the ledger, ready to be written. */
export interface PricedCall {
  id: string
  report: UsageReport
  receivedAt: Date
  /** Of what makes it the same call. */
  hash: string
  /** Of the answer that it brought. */
  responseHash: string | null
  cost: PricedCost
}

/** What became of it. */
export interface WrittenUsage {
  id: string
  /** False where the ledger held this call already. */
  isNew: boolean
  /** True where its lease and sequence number were another call's: somebody else holds the lease as well. */
  isShared: boolean
  /** True where another report of the same call bills it. */
  isLinked: boolean
  costNanos: bigint | null
}

export function priceCall({ prices }: Pick<Deps, 'prices'>, organizationId: string, report: UsageReport, receivedAt: Date): PricedCall {
  const { provider, region, occurredAt: at, isReportedCostTrusted, reading } = report
  const { vector, imageTokens, serviceTier, reportedNanos, responseId } = reading
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
  return {
    id: newId('usageEvent'),
    report,
    receivedAt,
    hash: hashIdentity(report.identity),
    responseHash: responseId === null ? null : hashResponse(provider, responseId),
    cost,
  }
}
