import { inputClasses, sumOf, type UsageVector } from '../pricing/vector'
import type { AnswerEnd, CallReading, RequestReading } from './reading'

export interface EstimateFacts {
  request: RequestReading
  /** Of the model, learnt from exact answers. */
  ratio: { charactersPerToken: number }
  /** Of the prompt, where it was counted; else the size of the request stands in. */
  inputCharacters?: number
  billsOnDisconnect: boolean
  end: AnswerEnd
  /** Whether the provider told any use at all. */
  isTold: boolean
}

/**
 * What an answer used that did not tell, or broke off before it did: input from its opening event or from the request, output from what
 * was received, never more than the request allows. Where the provider finishes and bills what nobody reads, this is a lower bound.
 */
export function estimateUsage(reading: CallReading, facts: EstimateFacts): CallReading {
  if (reading.quality === 'exact') return reading
  const isLowerBound = facts.billsOnDisconnect && facts.end !== 'complete'
  return {
    ...reading,
    vector: hasToldAll(reading, facts) ? reading.vector : isRefused(reading) ? refuse(reading) : fill(reading, facts),
    quality: 'estimated',
    ...(isLowerBound && { isLowerBound }),
  }
}

/** Usage that came to its end and does not add up is still nearer to the truth than characters. */
const hasToldAll = (reading: CallReading, facts: EstimateFacts): boolean =>
  facts.end === 'complete' && reading.mismatch !== null && facts.isTold

/** An error in place of any output is billed as little as one in the status. */
const isRefused = ({ error, characters, vector }: CallReading): boolean =>
  error !== null && characters.text + characters.reasoning === 0 && sumOf(vector, inputClasses) === 0

const refuse = ({ vector }: CallReading): UsageVector => ({ ...vector, requests: 0 })

function fill(reading: CallReading, facts: EstimateFacts): UsageVector {
  const { vector, characters } = reading
  const limit = facts.request.maxOutputTokens ?? Number.POSITIVE_INFINITY
  const reasoning = Math.max(vector.reasoning, Math.min(limit, toTokens(characters.reasoning, facts)))
  // An opening event tells a placeholder, a running count what was there before: neither is below what was received.
  const outputText = Math.max(vector.outputText, Math.min(Math.max(0, limit - reasoning), toTokens(characters.text, facts)))
  return { ...vector, ...fillInput(vector, facts), outputText, reasoning }
}

function fillInput(vector: UsageVector, facts: EstimateFacts): Partial<UsageVector> {
  const { request, inputCharacters } = facts
  if (sumOf(vector, inputClasses) > 0 || vector.characters > 0) return {}
  if (request.characters > 0) return { characters: request.characters }
  const tokens = toTokens(inputCharacters ?? request.maxInputTokens ?? 0, facts)
  return { inputUncached: Math.min(tokens, request.maxInputTokens ?? tokens) }
}

/** A token is at least one character where the ratio makes no sense. */
function toTokens(characters: number, { ratio: { charactersPerToken } }: EstimateFacts): number {
  return Math.ceil(characters / (charactersPerToken > 0 ? charactersPerToken : 1))
}
