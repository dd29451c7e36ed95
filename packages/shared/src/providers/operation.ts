import type { Capture, Captured } from '../metering/capture'
import type { AnswerFacts, RequestReading, UsageReading } from '../metering/reading'

/**
 * What an operation does, in one word for every provider. `data` and `search` are billed by the request; `unlisted` is what no provider
 * file lists: it is sent as it is, and nobody knows what it costs.
 */
export const operationKinds = [
  'chat',
  'responses',
  'completion',
  'embeddings',
  'rerank',
  'image',
  'speech',
  'transcription',
  'realtime-secret',
  'count-tokens',
  'search',
  'data',
  'management',
  'unlisted',
] as const
export type OperationKind = (typeof operationKinds)[number]

/** One kind of request of a provider. The first whose method and path fit is it. */
export interface Operation {
  kind: OperationKind
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL; `{name}` is one path segment or the part of it up to a literal, `{name...}` is the rest: `/models/{model}:generateContent`. */
  path: string
  request: RequestShape
  answer: AnswerShape
}

/** How a request tells its model, its limits and its size. Its body may be JSON or a form. */
export interface RequestShape {
  captures: Readonly<Record<string, Capture>>
  read(captured: Captured, facts: RequestFacts): RequestReading
  /** Where its body tells the most output tokens; absent where nothing may be filled in. */
  outputCap?: readonly string[]
}

export interface RequestFacts {
  /** Of the body. A token holds at least one byte of plain text, so bytes bound tokens. */
  bytes: number
  params: Readonly<Record<string, string>>
  query: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string>>
}

/** How an answer, whole or streamed, tells what was used. Framing follows the content type of the answer. */
export interface AnswerShape {
  captures: Readonly<Record<string, Capture>>
  /** `captured` holds what was seen so far, whatever the end. Never throws: what makes no sense is a mismatch. */
  read(captured: Captured, facts: AnswerFacts): Usage
  /** How to ask a stream for its usage, and which event then came only for us. */
  usageOption: UsageOption | null
}

/** The part of a reading that a provider knows; the engine adds characters and what an early end means. `isTold` is false when there was no usage. */
export type Usage = Omit<UsageReading, 'quality' | 'characters'> & { isTold: boolean; characters?: Partial<UsageReading['characters']> }

export interface UsageOption {
  /** Members of the request body that ask for it. */
  body: Readonly<Record<string, unknown>>
  /** Without this member, and more in it than null, no event holds nothing but usage. */
  member: string
  /** A list: an event with anything in it does not hold usage alone. */
  otherMember: string
  /** Whether an event, of which these captures were kept, holds nothing but usage. */
  isOnlyUsage(captured: Captured): boolean
  captures: Readonly<Record<string, Capture>>
  /** The same captures of an event that was parsed already. */
  toCaptured(event: Readonly<Record<string, unknown>>): Captured
}
