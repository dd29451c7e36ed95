import { oneRequest, type UsageVector } from '@keylease/shared/pricing/vector'
import type { CallRecord, Intent } from '../../ledger/record'

/** A call whose process died before it could say how it went: it counts with the most that its request allowed. */
export const toAssumedRecord = (intent: Intent): CallRecord => ({
  ...intent,
  endedAtMs: intent.startedAtMs,
  firstTokenMs: null,
  status: 'error',
  httpStatus: null,
  errorType: 'outcome_unknown',
  end: 'broken',
  reading: {
    vector: toWorstCase(intent),
    imageTokens: { input: 0, output: 0 },
    quality: 'assumed',
    mismatch: null,
    raw: null,
    model: null,
    responseId: null,
    finishReason: null,
    serviceTier: intent.request.serviceTier,
    reportedNanos: null,
    error: null,
    characters: { text: 0, reasoning: 0 },
  },
})

/** Speech is billed by what it says, and not by tokens as well. */
function toWorstCase({ request }: Intent): UsageVector {
  const { characters, maxInputTokens, maxOutputTokens } = request
  return oneRequest(characters > 0 ? { characters } : { inputUncached: maxInputTokens ?? 0, outputText: maxOutputTokens ?? 0 })
}
