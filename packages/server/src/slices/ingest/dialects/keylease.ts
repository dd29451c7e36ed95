import { isId } from '@keylease/shared/ids'
import { type AnswerEnd, type UsageReading, usageQualities } from '@keylease/shared/metering/reading'
import { oneRequest, type UsageVector, usageClasses } from '@keylease/shared/pricing/vector'
import { hideKeys } from '@keylease/shared/providers/leaks'
import { genAi, general, keylease, usageAttributes } from '@keylease/shared/semconv'
import type { UsageReport } from '../../usage/service'
import { isSpanId, isTraceId, type SpanSignal } from '../otlp/signal'
import { readCount, readNumber, readStatus, readText, readTexts, readWord, toMilliseconds } from './read'

/** One call under a lease as its holder reports it: what it was, but not yet whose. */
export type LeasedCall = Omit<UsageReport, 'owner' | 'source'> & { identity: { kind: 'leased'; leaseId: string; sequence: number } }

const nanosText = /^(?:0|[1-9]\d{0,18})$/
const farthestClockMs = 86_400_000

/** What our own SDK and gateway write. Null where a span is no leased call; `malformed` where it claims to be one and is not. */
export function readLeasedCall(span: SpanSignal): LeasedCall | 'malformed' | null {
  const { attributes } = span
  const leaseId = attributes[keylease.leaseId]
  if (leaseId === undefined) return null
  const sequence = readCount(attributes, keylease.sequence)
  const provider = readText(attributes, keylease.provider, 60)
  const isKnown = typeof leaseId === 'string' && isId('lease', leaseId) && isTraceId(span.traceId) && isSpanId(span.spanId)
  if (!isKnown || sequence === null || provider === null) return 'malformed'
  const offsetMs = readOffset(span)
  return {
    identity: { kind: 'leased', leaseId, sequence },
    occurredAt: new Date(Math.round(span.endMs + offsetMs)),
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
    scope: null,
    relations: readRelations(span),
    isReportedCostTrusted: true,
    reading: readReading(span),
    exchange: readExchange(span),
  }
}

/** A span above it may tell of the same call. Without one, the trace is of this call alone. */
function readRelations({ spanId, parentSpanId }: SpanSignal): UsageReport['relations'] {
  return parentSpanId && isSpanId(parentSpanId) && !parentSpanId.equals(spanId) ? { parentSpanId, isContainer: false } : null
}

const toMs = (seconds: number | null) => (seconds === null ? null : seconds * 1_000)

function readOffset({ attributes }: SpanSignal): number {
  const offset = Number(attributes[keylease.clockOffsetMs] ?? 0)
  return Math.abs(offset) <= farthestClockMs ? offset : 0
}

function readReading({ attributes }: SpanSignal): UsageReading {
  const counts: Partial<UsageVector> = {}
  for (const name of usageClasses) {
    const value = name === 'seconds' ? readNumber(attributes, usageAttributes[name]) : readCount(attributes, usageAttributes[name])
    if (value !== null) counts[name] = value
  }
  const reported = attributes[keylease.reportedNanos]
  const errorType = readText(attributes, general.errorType, 80)
  return {
    vector: oneRequest(counts),
    imageTokens: { input: readCount(attributes, keylease.imageTokensIn) ?? 0, output: readCount(attributes, keylease.imageTokensOut) ?? 0 },
    quality: readWord(attributes, keylease.quality, usageQualities) ?? 'estimated',
    mismatch: readText(attributes, keylease.mismatch),
    raw: readRaw(attributes[keylease.raw]),
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

/** The provider's own usage object as text; what is no JSON object is left out. */
function readRaw(text: unknown): Record<string, unknown> | null {
  if (typeof text !== 'string') return null
  try {
    // An upstream may send a key back in whatever it answers.
    const value: unknown = JSON.parse(hideKeys(text))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function readExchange({ attributes }: SpanSignal): UsageReport['exchange'] {
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
