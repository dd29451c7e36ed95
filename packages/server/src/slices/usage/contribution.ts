import type { UsageQuality } from '@keylease/shared/metering/reading'
import type { UsageVector } from '@keylease/shared/pricing/vector'
import { billedModel, type UsageReport } from './event'

/** What one billed call adds to the sums. */
export interface Contribution {
  occurredAt: Date
  provider: string
  model: string | null
  operation: string
  endpoint: string | null
  teamId: string | null
  projectId: string | null
  agentId: string | null
  memberId: string | null
  keyId: string | null
  environment: string | null
  tags: readonly string[]
  status: UsageReport['status']
  quality: UsageQuality
  costNanos: bigint | null
  chargedNanos: bigint | null
  latencyMs: number | null
  firstTokenMs: number | null
  vector: UsageVector
}

/** What a change of the ledger does to the sums: a call counts from now on, or counts no longer. */
export interface LedgerChange {
  sign: 1 | -1
  of: Contribution
}

/** The same of a call that is being written. */
export function toContribution(
  report: UsageReport,
  { costNanos, chargedNanos }: Pick<Contribution, 'costNanos' | 'chargedNanos'>,
): Contribution {
  const { provider, operation, endpoint, occurredAt, tags, status, latencyMs, firstTokenMs, owner, reading } = report
  const { teamId, projectId, agentId, memberId, keyId, environment } = owner
  return {
    occurredAt,
    provider,
    model: billedModel(report),
    operation,
    endpoint,
    teamId,
    projectId,
    agentId,
    memberId,
    keyId,
    environment,
    tags,
    status,
    quality: reading.quality,
    costNanos,
    chargedNanos,
    latencyMs,
    firstTokenMs,
    vector: reading.vector,
  }
}
