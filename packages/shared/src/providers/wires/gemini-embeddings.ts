import { oneRequest } from '../../pricing/vector'
import type { AnswerShape } from '../operation'
import { createCounter } from './counter'
import { googleErrorCaptures, readGoogleError } from './gemini-answer'
import { noUsage } from './openai-answer'
import { readCount, readMembers, readTotal } from './read-count'

/** https://ai.google.dev/api/embeddings. Older models tell no usage. */
export const geminiEmbeddingsAnswer: AnswerShape = {
  captures: { ...googleErrorCaptures, usage: { path: 'usageMetadata', keep: 'last' } },
  usageOption: null,
  read(captured) {
    const counter = createCounter()
    const usage = readMembers(captured['usage'])
    const tokens = counter.count(usage?.['promptTokenCount'] ?? usage?.['totalTokenCount'], 'promptTokenCount')
    return {
      ...noUsage,
      vector: oneRequest({ inputUncached: tokens }),
      isTold: tokens > 0,
      mismatch: counter.mismatch(),
      raw: usage && { ...usage },
      error: readGoogleError(captured),
    }
  },
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api: each prediction tells its own tokens. */
export const vertexPredictionsAnswer: AnswerShape = {
  captures: {
    ...googleErrorCaptures,
    tokens: { path: 'predictions[].embeddings.statistics.token_count', keep: 'first' },
    texts: { path: 'predictions[].embeddings.statistics.token_count', keep: 'count' },
    characters: { path: 'metadata.billableCharacterCount', keep: 'last' },
  },
  usageOption: null,
  read(captured) {
    const mismatches: string[] = []
    const isOne = readTotal(captured['texts']) === 1
    const tokens = isOne ? (readCount(captured['tokens'], 'token_count', mismatches) ?? 0) : 0
    const characters = readCount(captured['characters'], 'billableCharacterCount', mismatches)
    return {
      ...noUsage,
      vector: oneRequest({ inputUncached: tokens }),
      isTold: isOne && mismatches.length === 0,
      mismatch: mismatches[0] ?? null,
      raw: characters === null ? null : { billableCharacterCount: characters },
      error: readGoogleError(captured),
    }
  },
}

/** https://ai.google.dev/gemini-api/docs/imagen: one price for each picture that came. */
export const imagenAnswer: AnswerShape = {
  captures: { ...googleErrorCaptures, images: { path: 'predictions[].bytesBase64Encoded', keep: 'count' } },
  usageOption: null,
  read: (captured) => {
    const error = readGoogleError(captured)
    return { ...noUsage, vector: oneRequest({ images: readTotal(captured['images']) }), isTold: error === null, error }
  },
}
