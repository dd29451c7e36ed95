import { isId } from '@keylease/shared/ids'
import { type AnswerEnd, usageQualities } from '@keylease/shared/metering/reading'
import { oneRequest, usageClasses } from '@keylease/shared/pricing/vector'
import { hideKeys } from '@keylease/shared/providers/leaks'
import { genAi, general, keylease, usageAttributes } from '@keylease/shared/semconv'
import { isSpanId, isTraceId, type SpanSignal } from '../otlp/signal'
import type { LeasedCall, ToldCall } from './call'
import { readRawText } from './raw-usage'
import { readCount, readNumber, readStatus, readText, readTexts, readWord, toMilliseconds } from './read'

const nanosText = /^(?:0|[1-9]\d{0,18})$/
const farthestClockMs = 86_400_000
/** What a date holds. */
const latestMs = 8.64e15

/** What our own SDK and gateway write. Null where a span is no leased call; `malformed` where it claims to be one and is not. */
export function readLeasedCall(span: SpanSignal): LeasedCall | 'malformed' | null {
  const { attributes } = span
  const leaseId = attributes[keylease.leaseId]
  if (leaseId === undefined) return null
  const sequence = readCount(attributes, keylease.sequence)
  const provider = readText(attributes, keylease.provider, 60)
  const isKnown = typeof leaseId === 'string' && isId('lease', leaseId) && isTraceId(span.traceId) && isSpanId(span.spanId)
  if (!isKnown || sequence === null || provider === null) return 'malformed'
  const occurredMs = Math.round(span.endMs + readOffset(span))
  if (!(Math.abs(occurredMs) <= latestMs)) return 'malformed'
  const reading = readReading(span)
  return {
    identity: { kind: 'leased', leaseId, sequence },
    occurredAt: new Date(occurredMs),
    provider,
    operation: readText(attributes, keylease.operation, 40) ?? 'chat',
    endpoint: readText(attributes, keylease.endpoint),
    requestModel: readText(attributes, genAi.requestModel),
    region: readText(attributes, keylease.region, 60),
    status: readWord(attributes, keylease.status, ['ok', 'error', 'aborted']) ?? (span.statusCode === 2 ? 'error' : 'ok'),
    httpStatus: readStatus(attributes, general.statusCode),
    isStream: attributes[genAi.requestStream] === true,
    latencyMs: toMilliseconds(span.endMs - span.startMs),
    firstTokenMs: toMilliseconds(toMs(readNumber(attributes, genAi.timeToFirstChunk))),
    conversation: readText(attributes, genAi.conversationId),
    endUser: readText(attributes, general.userId),
    tags: readTexts(attributes, keylease.tags),
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: readParent(span),
    scope: null,
    reading,
    rawUsage: readRawText(attributes[keylease.raw]),
    exchange: reading.quality === 'exact' ? null : readExchange(span),
  }
}

/** A span above it may tell of the same call. Without one, the trace is of this call alone. */
const readParent = ({ spanId, parentSpanId }: SpanSignal): string | null =>
  parentSpanId !== null && isSpanId(parentSpanId) && parentSpanId !== spanId ? parentSpanId : null

const toMs = (seconds: number | null) => (seconds === null ? null : seconds * 1_000)

function readOffset({ attributes }: SpanSignal): number {
  const offset = Number(attributes[keylease.clockOffsetMs] ?? 0)
  return Math.abs(offset) <= farthestClockMs ? offset : 0
}

function readReading({ attributes }: SpanSignal): ToldCall['reading'] {
  const vector = oneRequest()
  for (const name of usageClasses) {
    const value = name === 'seconds' ? readNumber(attributes, usageAttributes[name]) : readCount(attributes, usageAttributes[name])
    if (value !== null) vector[name] = value
  }
  const reported = attributes[keylease.reportedNanos]
  const errorType = readText(attributes, general.errorType, 80)
  return {
    vector,
    imageTokens: { input: readCount(attributes, keylease.imageTokensIn) ?? 0, output: readCount(attributes, keylease.imageTokensOut) ?? 0 },
    quality: readWord(attributes, keylease.quality, usageQualities) ?? 'estimated',
    mismatch: readText(attributes, keylease.mismatch),
    model: readText(attributes, genAi.responseModel),
    responseId: readText(attributes, genAi.responseId),
    finishReason: readTexts(attributes, genAi.finishReasons, 1)[0] ?? null,
    serviceTier: readText(attributes, keylease.serviceTier, 40),
    reportedNanos: typeof reported === 'string' && nanosText.test(reported) ? BigInt(reported) : null,
    error: errorType === null ? null : { type: hideKeys(errorType), code: null },
    characters: {
      text: readCount(attributes, keylease.textCharacters) ?? 0,
      reasoning: readCount(attributes, keylease.reasoningCharacters) ?? 0,
    },
  }
}

function readExchange({ attributes }: SpanSignal): ToldCall['exchange'] {
  const end: AnswerEnd = readWord(attributes, keylease.end, ['complete', 'aborted', 'broken']) ?? 'complete'
  return {
    end,
    billsOnDisconnect: attributes[keylease.billsOnDisconnect] === true,
    request: {
      model: readText(attributes, genAi.requestModel),
      isStream: attributes[genAi.requestStream] === true,
      maxOutputTokens: readCount(attributes, genAi.requestMaxTokens),
      maxInputTokens: readCount(attributes, keylease.maxInputTokens),
      characters: readCount(attributes, usageAttributes.characters) ?? 0,
      serviceTier: null,
      needsUsageOption: false,
    },
  }
}
