import type { ImageTokens, UsageVector } from '../pricing/vector'

/** exact: the provider said it; estimated: counted or learnt by us; assumed: nothing is known, the worst case stands in. */
export const usageQualities = ['exact', 'estimated', 'assumed'] as const
export type UsageQuality = (typeof usageQualities)[number]

/** What one answer told about its call. */
export interface CallReading {
  vector: UsageVector
  imageTokens: ImageTokens
  quality: UsageQuality
  /** The provider finishes and bills an answer whose caller has gone, so it may have used more than this. */
  isLowerBound?: boolean
  /** A total that the parts do not add up to, or a part that is larger than its whole, in a few words. */
  mismatch: string | null
  model: string | null
  responseId: string | null
  finishReason: string | null
  serviceTier: string | null
  /** What the provider itself says the call cost. */
  reportedNanos: bigint | null
  /** An error of the provider, in the status or inside the stream. */
  error: { type: string | null; code: string | null } | null
  /** Output that was seen, whatever the provider says: what estimates and learnt ratios stand on. */
  characters: { text: number; reasoning: number }
}

/** The same with the provider's own usage object as it was sent, for keeping. */
export interface UsageReading extends CallReading {
  raw: Record<string, unknown> | null
}

/** How the answer ended: whole, left by the caller, or broken off on the way. */
export type AnswerEnd = 'complete' | 'aborted' | 'broken'

/** Facts of the exchange that the bytes of the answer do not hold. */
export interface AnswerFacts {
  status: number
  headers: Readonly<Record<string, string>>
  /** Parts of the path, such as the model or deployment of it. */
  params: Readonly<Record<string, string>>
  request: RequestReading
}

/** What a request says before it is sent. */
export interface RequestReading {
  model: string | null
  isStream: boolean
  /** The most output tokens it allows in all, all choices together; null when it does not say. */
  maxOutputTokens: number | null
  /** No more input tokens than these can be billed; null when context lies at the provider and only the model's window bounds it. */
  maxInputTokens: number | null
  /** Characters of input that is billed by character, as speech is. */
  characters: number
  serviceTier: string | null
  /** True where the answer would hold no usage unless it is asked for. */
  needsUsageOption: boolean
}
