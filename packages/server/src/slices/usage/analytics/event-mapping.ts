import type { UsageEvent, UsageEventDetail } from '@keylease/shared/contracts/usage-events'
import type { Rates } from '@keylease/shared/pricing/rates'
import { rateClasses } from '@keylease/shared/pricing/rates'
import { type UsageClass, usageClasses } from '@keylease/shared/pricing/vector'
import type { EventDetailRow } from './detail-rows'
import type { EventRow } from './event-rows'
import { columnOf } from './measures'

export const toEvent = (row: EventRow): UsageEvent => ({
  id: row.id,
  occurredAt: row.occurred_at.toISOString(),
  receivedAt: row.received_at.toISOString(),
  source: row.source,
  provider: row.provider,
  operation: row.operation,
  endpoint: row.endpoint,
  model: row.response_model ?? row.request_model,
  status: row.status,
  errorType: row.error_type,
  isStream: row.is_stream,
  latencyMs: row.latency_ms,
  firstTokenMs: row.first_token_ms,
  teamId: row.team_id,
  projectId: row.project_id,
  agentId: row.agent_id,
  memberId: row.member_id,
  environment: row.environment,
  keyId: row.key_id,
  leaseId: row.lease_id,
  conversation: row.conversation,
  endUser: row.end_user,
  tags: row.tags,
  quality: row.quality,
  costNanos: row.cost_nanos,
  inputTokens: row.input_tokens,
  outputTokens: row.output_tokens,
  linkedTo: row.linked_to,
})

export const toEventDetail = (row: EventDetailRow, rates: Rates | null): UsageEventDetail => ({
  ...toEvent(row),
  requestModel: row.request_model,
  responseModel: row.response_model,
  responseId: row.response_id,
  httpStatus: row.http_status,
  finishReason: row.finish_reason,
  serviceTier: row.service_tier,
  region: row.region,
  keyVersionId: row.key_version_id,
  sequence: row.sequence === null ? null : Number(row.sequence),
  sliceId: row.slice_id,
  traceId: row.trace_hex,
  spanId: row.span_hex,
  scope: row.scope,
  mismatch: row.mismatch,
  tokens: Object.fromEntries(usageClasses.map((name) => [name, Number(row.vector[columnOf(name)])])) as Record<UsageClass, number>, // one for each class
  imageTokens: { input: Number(row.image_tokens_in), output: Number(row.image_tokens_out) },
  rawUsage: row.raw_usage === null ? null : JSON.parse(row.raw_usage),
  chargedNanos: row.charged_nanos,
  reportedNanos: row.reported_nanos,
  costBasis: row.cost_basis,
  price: row.price_id === null ? null : { id: row.price_id, version: row.price_version, ratesNanos: rates && toRatesNanos(rates) },
})

const toRatesNanos = (rates: Rates) =>
  Object.fromEntries(rateClasses.flatMap((name) => (rates[name] === undefined ? [] : [[name, String(rates[name])]])))
