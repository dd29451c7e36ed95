import type { AnswerEnd, RequestReading, UsageReading } from '@keylease/shared/metering/reading'
import { usageClasses } from '@keylease/shared/pricing/vector'
import { genAi, general, keylease, toConventionName, usageAttributes } from '@keylease/shared/semconv'

/** Who a call is attributed to, beside its agent. */
export interface Attribution {
  conversation?: string | undefined
  user?: string | undefined
  tags?: readonly string[] | undefined
}

/** One call under a lease, as it ended. Its spans and its line in the spool are written from it, and then it is gone. */
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

export type Value = string | number | boolean | readonly string[]

/** Takes what is said of a call, one value after the other: nothing that is null is said. */
export type TakeValue = (name: string, value: Value) => void

/** Everything that a span of the call says. Told, not built: this runs for every call. */
export function eachValue(record: CallRecord, take: TakeValue): void {
  eachSharedValue(record, take)
  eachOwnValue(record, take)
}

/** What a call mostly has in common with the one before it. */
export function eachSharedValue(record: CallRecord, take: TakeValue): void {
  const { request, reading, attribution } = record
  tell(take, genAi.operationName, record.operation)
  tell(take, genAi.providerName, toConventionName(record.provider))
  tell(take, genAi.requestModel, request.model)
  tell(take, genAi.requestMaxTokens, request.maxOutputTokens)
  tell(take, genAi.requestStream, request.isStream || null)
  tell(take, genAi.responseModel, reading.model)
  tell(take, genAi.finishReasons, reading.finishReason === null ? null : [reading.finishReason])
  tell(take, genAi.conversationId, attribution.conversation)
  tell(take, general.errorType, record.errorType)
  tell(take, general.statusCode, record.httpStatus)
  tell(take, general.userId, attribution.user)
  tell(take, keylease.leaseId, record.leaseId)
  tell(take, keylease.clockOffsetMs, record.clockOffsetMs)
  tell(take, keylease.provider, record.provider)
  tell(take, keylease.operation, record.operation)
  tell(take, keylease.endpoint, record.endpoint)
  tell(take, keylease.region, record.region)
  tell(take, keylease.status, record.status)
  tell(take, keylease.end, record.end)
  tell(take, keylease.billsOnDisconnect, record.billsOnDisconnect || null)
  tell(take, keylease.filledMaxOutputTokens, record.filledOutputCap)
  tell(take, keylease.tags, attribution.tags?.length ? attribution.tags : null)
  tell(take, keylease.quality, reading.quality)
  tell(take, keylease.serviceTier, reading.serviceTier)
}

/** What is its own: its number, what it used and how long it took. */
export function eachOwnValue(record: CallRecord, take: TakeValue): void {
  const { reading, firstTokenMs } = record
  tell(take, genAi.responseId, reading.responseId)
  tell(take, genAi.timeToFirstChunk, firstTokenMs === null ? null : firstTokenMs / 1_000)
  tell(take, keylease.sequence, record.sequence)
  tell(take, keylease.maxInputTokens, record.request.maxInputTokens)
  tellConventionalUse(reading, take)
  tellUse(reading, take)
}

/** Nothing that is null, and no number that is none: neither JSON nor a bill could hold it. */
function tell(take: TakeValue, name: string, value: Value | null | undefined): void {
  if (value !== null && value !== undefined && (typeof value !== 'number' || Number.isFinite(value))) take(name, value)
}

/** As the conventions want it: input holds what was cached, output holds reasoning. */
function tellConventionalUse({ vector }: UsageReading, take: TakeValue): void {
  const cacheWrite = vector.cacheWrite5m + vector.cacheWrite1h
  tell(take, genAi.inputTokens, vector.inputUncached + vector.cacheRead + cacheWrite + vector.audioIn)
  tell(take, genAi.outputTokens, vector.outputText + vector.reasoning + vector.audioOut)
  tell(take, genAi.cacheReadTokens, vector.cacheRead || null)
  tell(take, genAi.cacheWriteTokens, cacheWrite || null)
  tell(take, genAi.reasoningTokens, vector.reasoning || null)
}

const counted = usageClasses.filter((name) => name !== 'requests').map((name) => ({ name, attribute: usageAttributes[name] }))

function tellUse(reading: UsageReading, take: TakeValue): void {
  const { vector, imageTokens, characters } = reading
  tell(take, usageAttributes.requests, vector.requests)
  for (const { name, attribute } of counted) tell(take, attribute, vector[name] || null)
  tell(take, keylease.imageTokensIn, imageTokens.input || null)
  tell(take, keylease.imageTokensOut, imageTokens.output || null)
  tell(take, keylease.textCharacters, characters.text || null)
  tell(take, keylease.reasoningCharacters, characters.reasoning || null)
  tell(take, keylease.mismatch, reading.mismatch)
  tell(take, keylease.raw, reading.raw === null ? null : JSON.stringify(reading.raw))
  tell(take, keylease.reportedNanos, reading.reportedNanos?.toString())
}
