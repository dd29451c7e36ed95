import type { ArrayColumn } from '../../platform/postgres/binary-array'
import type { PricedCall } from './priced-call'

type Read<Value> = (call: PricedCall) => Value | null
type Column = ArrayColumn<PricedCall>

const text = (read: Read<string>): Column => ({ type: 'text', read })
const bytes = (read: Read<string>): Column => ({ type: 'bytea', read })
const time = (read: Read<Date>): Column => ({ type: 'timestamptz', read })
const flag = (read: Read<boolean>): Column => ({ type: 'boolean', read })
const number = (read: Read<number>): Column => ({ type: 'integer', read })
const count = (read: Read<number | bigint>): Column => ({ type: 'bigint', read })
const fraction = (read: Read<number>): Column => ({ type: 'double precision', read })

/** The columns of an event, and what a call has for each of them. */
export const eventColumns = {
  occurred_at: time(({ report }) => report.occurredAt),
  id: text(({ id }) => id),
  received_at: time(({ receivedAt }) => receivedAt),
  source: text(({ report }) => report.source),
  provider: text(({ report }) => report.provider),
  operation: text(({ report }) => report.operation),
  endpoint: text(({ report }) => report.endpoint),
  request_model: text(({ report }) => report.requestModel),
  response_model: text(({ report }) => report.reading.model),
  response_id: text(({ report }) => report.reading.responseId),
  status: text(({ report }) => report.status),
  http_status: number(({ report }) => report.httpStatus),
  error_type: text(({ report: { reading } }) => reading.error && (reading.error.code ?? reading.error.type)),
  finish_reason: text(({ report }) => report.reading.finishReason),
  service_tier: text(({ report }) => report.reading.serviceTier),
  region: text(({ report }) => report.region),
  is_stream: flag(({ report }) => report.isStream),
  latency_ms: number(({ report }) => report.latencyMs),
  first_token_ms: number(({ report }) => report.firstTokenMs),
  team_id: text(({ report }) => report.owner.teamId),
  project_id: text(({ report }) => report.owner.projectId),
  agent_id: text(({ report }) => report.owner.agentId),
  member_id: text(({ report }) => report.owner.memberId),
  environment: text(({ report }) => report.owner.environment),
  key_id: text(({ report }) => report.owner.keyId),
  key_version_id: text(({ report }) => report.owner.keyVersionId),
  lease_id: text(({ report: { identity } }) => (identity.kind === 'leased' ? identity.leaseId : null)),
  sequence: count(({ report: { identity } }) => (identity.kind === 'leased' ? identity.sequence : null)),
  conversation: text(({ report }) => report.conversation),
  end_user: text(({ report }) => report.endUser),
  tags: text(({ report }) => (report.tags.length === 0 ? null : toArrayText(report.tags))),
  trace_id: bytes(({ report }) => report.traceId),
  span_id: bytes(({ report }) => report.spanId),
  quality: text(({ report }) => report.reading.quality),
  mismatch: text(({ report }) => report.reading.mismatch),
  input_uncached: count(({ report }) => report.reading.vector.inputUncached),
  cache_read: count(({ report }) => report.reading.vector.cacheRead),
  cache_write_5m: count(({ report }) => report.reading.vector.cacheWrite5m),
  cache_write_1h: count(({ report }) => report.reading.vector.cacheWrite1h),
  output_text: count(({ report }) => report.reading.vector.outputText),
  reasoning: count(({ report }) => report.reading.vector.reasoning),
  audio_in: count(({ report }) => report.reading.vector.audioIn),
  audio_out: count(({ report }) => report.reading.vector.audioOut),
  images: count(({ report }) => report.reading.vector.images),
  requests: count(({ report }) => report.reading.vector.requests),
  searches: count(({ report }) => report.reading.vector.searches),
  seconds: fraction(({ report }) => report.reading.vector.seconds),
  characters: count(({ report }) => report.reading.vector.characters),
  image_tokens_in: count(({ report }) => report.reading.imageTokens.input),
  image_tokens_out: count(({ report }) => report.reading.imageTokens.output),
  raw_usage: text(({ report }) => report.rawUsage),
  charged_nanos: count(({ cost }) => cost.costNanos),
  cost_nanos: count(({ cost }) => cost.costNanos),
  reported_nanos: count(({ report }) => report.reading.reportedNanos),
  cost_basis: text(({ cost }) => cost.basis),
  price_id: text(({ cost }) => cost.priceId),
  price_version: text(({ cost }) => cost.priceVersion),
  scope: text(({ report }) => report.scope),
} satisfies Record<string, Column>

/** What the identity of an event holds. */
export const identityColumns = {
  hash: bytes(({ hash }) => hash),
  occurred_at: eventColumns.occurred_at,
  id: eventColumns.id,
  span_id: eventColumns.span_id,
  is_leased: flag(isLeased),
  response_hash: bytes(({ responseHash }) => responseHash),
  /** A call under a lease takes part in its trace only where it stands below another span. */
  trace_id: bytes((call) => (isLeased(call) && !call.report.relations?.parentSpanId ? null : call.report.traceId)),
  parent_id: bytes(({ report }) => report.relations?.parentSpanId ?? null),
  is_container: flag(({ report }) => report.relations?.isContainer ?? false),
} satisfies Record<string, Column>

function isLeased({ report }: PricedCall): boolean {
  return report.identity.kind === 'leased'
}

/** Postgres takes no array of arrays: a list stands in its column as the text of one. */
const toArrayText = (list: readonly string[]) => `{${list.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`
