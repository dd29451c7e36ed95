import type { AnswerEnd, RequestReading, UsageReading } from '@keylease/shared/metering/reading'
import { usageClasses } from '@keylease/shared/pricing/vector'
import { genAi, general, keylease, toConventionName, usageAttributes } from '@keylease/shared/semconv'

/** Who a call is attributed to, beside its agent. */
export interface Attribution {
  conversation?: string | undefined
  user?: string | undefined
  tags?: readonly string[] | undefined
}

/** One call under a lease, as it ended. Flat, so that a full queue costs little; OTLP is built when it is sent. */
export interface CallRecord {
  leaseId: string
  sequence: number
  clockOffsetMs: number
  traceId: string
  spanId: string
  parentSpanId: string | null
  provider: string
  operation: string
  endpoint: string
  region: string | null
  startedAtMs: number
  endedAtMs: number
  firstTokenMs: number | null
  status: 'ok' | 'error' | 'aborted'
  httpStatus: number | null
  errorType: string | null
  end: AnswerEnd
  billsOnDisconnect: boolean
  request: RequestReading
  reading: UsageReading
  attribution: Attribution
  /** The most output tokens, where we filled it into the request. */
  filledOutputCap?: number
}

/** What is written down before the call is sent: enough to report it if its process dies. */
export type Intent = Pick<
  CallRecord,
  | 'leaseId'
  | 'sequence'
  | 'clockOffsetMs'
  | 'traceId'
  | 'spanId'
  | 'parentSpanId'
  | 'provider'
  | 'operation'
  | 'endpoint'
  | 'region'
  | 'startedAtMs'
  | 'billsOnDisconnect'
  | 'request'
  | 'attribution'
>

type Value = string | number | boolean | readonly string[]

/** Takes what is said of a call, one value after the other: nothing that is null is said. */
export type TakeValue = (name: string, value: Value) => void

/** Everything that a span of the call says. Told, not built: this runs for every call. */
export function eachValue(record: CallRecord, take: TakeValue): void {
  const told = (name: string, value: Value | null | undefined) => {
    // One number that JSON cannot say would cost the whole batch.
    if (value !== null && value !== undefined && (typeof value !== 'number' || Number.isFinite(value))) take(name, value)
  }
  tellConventions(record, told)
  tellFacts(record, told)
  tellUse(record.reading, told)
}

type Tell = (name: string, value: Value | null | undefined) => void

/** As the conventions want it: input holds what was cached, output holds reasoning. */
function tellConventions(record: CallRecord, tell: Tell): void {
  const { request, reading, attribution } = record
  const { vector } = reading
  const cacheWrite = vector.cacheWrite5m + vector.cacheWrite1h
  tell(genAi.operationName, record.operation)
  tell(genAi.providerName, toConventionName(record.provider))
  tell(genAi.requestModel, request.model)
  tell(genAi.requestMaxTokens, request.maxOutputTokens)
  tell(genAi.requestStream, request.isStream || null)
  tell(genAi.responseModel, reading.model)
  tell(genAi.responseId, reading.responseId)
  tell(genAi.finishReasons, reading.finishReason === null ? null : [reading.finishReason])
  tell(genAi.timeToFirstChunk, record.firstTokenMs === null ? null : record.firstTokenMs / 1_000)
  tell(genAi.conversationId, attribution.conversation)
  tell(genAi.inputTokens, vector.inputUncached + vector.cacheRead + cacheWrite + vector.audioIn)
  tell(genAi.outputTokens, vector.outputText + vector.reasoning + vector.audioOut)
  tell(genAi.cacheReadTokens, vector.cacheRead || null)
  tell(genAi.cacheWriteTokens, cacheWrite || null)
  tell(genAi.reasoningTokens, vector.reasoning || null)
  tell(general.errorType, record.errorType)
  tell(general.statusCode, record.httpStatus)
  tell(general.userId, attribution.user)
}

function tellFacts(record: CallRecord, tell: Tell): void {
  tell(keylease.leaseId, record.leaseId)
  tell(keylease.sequence, record.sequence)
  tell(keylease.clockOffsetMs, record.clockOffsetMs)
  tell(keylease.provider, record.provider)
  tell(keylease.operation, record.operation)
  tell(keylease.endpoint, record.endpoint)
  tell(keylease.region, record.region)
  tell(keylease.status, record.status)
  tell(keylease.end, record.end)
  tell(keylease.billsOnDisconnect, record.billsOnDisconnect || null)
  tell(keylease.maxInputTokens, record.request.maxInputTokens)
  tell(keylease.filledMaxOutputTokens, record.filledOutputCap)
  tell(keylease.tags, record.attribution.tags?.length ? record.attribution.tags : null)
}

function tellUse(reading: UsageReading, tell: Tell): void {
  const { vector, imageTokens, characters } = reading
  for (const name of usageClasses) tell(usageAttributes[name], name === 'requests' ? vector[name] : vector[name] || null)
  tell(keylease.imageTokensIn, imageTokens.input || null)
  tell(keylease.imageTokensOut, imageTokens.output || null)
  tell(keylease.textCharacters, characters.text || null)
  tell(keylease.reasoningCharacters, characters.reasoning || null)
  tell(keylease.quality, reading.quality)
  tell(keylease.mismatch, reading.mismatch)
  tell(keylease.raw, reading.raw === null ? null : JSON.stringify(reading.raw))
  tell(keylease.serviceTier, reading.serviceTier)
  tell(keylease.reportedNanos, reading.reportedNanos?.toString())
}
