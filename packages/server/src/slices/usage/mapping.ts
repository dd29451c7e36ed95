import { newId } from '@keylease/shared/ids'
import type { PricedCost } from '../prices/service'
import { hashIdentity, hashResponse, type UsageReport } from './event'
import type { EventRow } from './event-rows'

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

/** One literal: an object that is put together from several costs more than all that is in it. */
export function toEventRow(report: UsageReport, receivedAt: Date, cost: PricedCost): EventRow {
  const { identity, owner, reading, relations } = report
  const { vector, imageTokens } = reading
  const leased = identity.kind === 'leased' ? identity : null
  return {
    hash: toHex(hashIdentity(identity)),
    is_leased: leased !== null,
    response_hash: reading.responseId === null ? null : toHex(hashResponse(report.provider, reading.responseId)),
    parent_id: relations?.parentSpanId ? toHex(relations.parentSpanId) : null,
    is_container: relations?.isContainer ?? false,
    occurred_at: report.occurredAt,
    id: newId('usageEvent'),
    received_at: receivedAt,
    source: report.source,
    provider: report.provider,
    operation: report.operation,
    endpoint: report.endpoint,
    request_model: report.requestModel,
    response_model: reading.model,
    response_id: reading.responseId,
    status: report.status,
    http_status: report.httpStatus,
    error_type: reading.error && (reading.error.code ?? reading.error.type),
    finish_reason: reading.finishReason,
    service_tier: reading.serviceTier,
    region: report.region,
    is_stream: report.isStream,
    latency_ms: report.latencyMs,
    first_token_ms: report.firstTokenMs,
    team_id: owner.teamId,
    project_id: owner.projectId,
    agent_id: owner.agentId,
    member_id: owner.memberId,
    environment: owner.environment,
    key_id: owner.keyId,
    key_version_id: owner.keyVersionId,
    lease_id: leased?.leaseId ?? null,
    sequence: leased?.sequence ?? null,
    slice_id: null,
    conversation: report.conversation,
    end_user: report.endUser,
    tags: report.tags,
    trace_id: report.traceId && toHex(report.traceId),
    span_id: report.spanId && toHex(report.spanId),
    quality: reading.quality,
    mismatch: reading.mismatch,
    input_uncached: vector.inputUncached,
    cache_read: vector.cacheRead,
    cache_write_5m: vector.cacheWrite5m,
    cache_write_1h: vector.cacheWrite1h,
    output_text: vector.outputText,
    reasoning: vector.reasoning,
    audio_in: vector.audioIn,
    audio_out: vector.audioOut,
    images: vector.images,
    requests: vector.requests,
    searches: vector.searches,
    seconds: vector.seconds,
    characters: vector.characters,
    image_tokens_in: imageTokens.input,
    image_tokens_out: imageTokens.output,
    raw_usage: reading.raw && JSON.stringify(reading.raw),
    charged_nanos: toText(cost.costNanos),
    cost_nanos: toText(cost.costNanos),
    reported_nanos: toText(reading.reportedNanos),
    cost_basis: cost.basis,
    price_id: cost.priceId,
    price_version: cost.priceVersion,
    linked_to: null,
    scope: report.scope,
  }
}

export const toHex = (bytes: Buffer) => `\\x${bytes.toString('hex')}`
const toText = (nanos: bigint | null) => nanos?.toString() ?? null
