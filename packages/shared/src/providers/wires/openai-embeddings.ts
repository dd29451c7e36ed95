import type { Operation, RequestShape } from '../operation'
import { answerCaptures, readAnswer } from './openai-answer'
import { readRequest, requestCaptures } from './openai-request'

/** Text or tokens alone, and no output. */
export const embeddingsRequest: RequestShape = {
  captures: requestCaptures,
  read: (captured, facts) => readRequest(captured, facts, { maxOutputTokens: 0 }),
}

export const createEmbeddingsOperation = (path = '/embeddings'): Operation => ({
  kind: 'embeddings',
  method: 'POST',
  path,
  request: embeddingsRequest,
  answer: { captures: answerCaptures, read: (captured, facts) => readAnswer(captured, facts), usageOption: null },
})
