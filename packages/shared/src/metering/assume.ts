import type { CallReading, RequestReading } from './reading'

/** What a model can take in and give out at most; null where nobody says. */
export interface ModelLimits {
  contextTokens: number | null
  outputTokens: number | null
}

/**
 * A call whose outcome nobody saw counts with the most that its request allowed, and where that has no bound with the most that its
 * model can do. Where neither is known it counts with what is, and says so.
 */
export function assumeUsage(reading: CallReading, request: RequestReading, limits: ModelLimits): CallReading {
  // Speech is billed by what it says, and not by tokens as well.
  if (reading.quality !== 'assumed' || request.characters > 0) return reading
  const input = request.maxInputTokens ?? limits.contextTokens
  const output = request.maxOutputTokens ?? limits.outputTokens ?? limits.contextTokens
  const unknown = [...(input === null ? ['input'] : []), ...(output === null ? ['output'] : [])]
  const { vector, mismatch } = reading
  return {
    ...reading,
    vector: {
      ...vector,
      inputUncached: Math.max(vector.inputUncached, input ?? 0),
      outputText: Math.max(vector.outputText, output ?? 0),
    },
    mismatch: unknown.length === 0 ? mismatch : `no bound of the ${unknown.join(' and the ')} is known: it may have used more`,
  }
}
