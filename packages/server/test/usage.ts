import { randomBytes } from 'node:crypto'
import type { UsageReading } from '@keylease/shared/metering/reading'
import { oneRequest, type UsageVector } from '@keylease/shared/pricing/vector'
import type { UsageReport } from '../src/slices/usage/event'

/** What a provider told of one call. */
export const toReading = (counts: Partial<UsageVector>, rest: Partial<UsageReading> = {}): UsageReading => ({
  vector: oneRequest(counts),
  imageTokens: { input: 0, output: 0 },
  quality: 'exact',
  mismatch: null,
  raw: { prompt_tokens: counts.inputUncached ?? 0 },
  model: 'gpt-5-mini',
  responseId: null,
  finishReason: 'stop',
  serviceTier: null,
  reportedNanos: null,
  error: null,
  characters: { text: 0, reasoning: 0 },
  ...rest,
})

/** One call that no other resembles. */
export const toReport = (rest: Partial<UsageReport> = {}): UsageReport => {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  return {
    identity: { kind: 'span', traceId, spanId },
    source: 'otlp',
    owner: { teamId: null, projectId: null, agentId: null, memberId: null, environment: null, keyId: null, keyVersionId: null },
    occurredAt: new Date(),
    provider: 'openai',
    operation: 'chat',
    endpoint: 'POST /chat/completions',
    requestModel: 'gpt-5-mini',
    region: null,
    status: 'ok',
    httpStatus: 200,
    isStream: false,
    latencyMs: 320,
    firstTokenMs: null,
    conversation: null,
    endUser: null,
    tags: [],
    traceId,
    spanId,
    scope: null,
    relations: null,
    isReportedCostTrusted: true,
    reading: toReading({ inputUncached: 1_000, outputText: 100 }),
    rawUsage: '{"prompt_tokens":1000}',
    exchange: null,
    ...rest,
  }
}
