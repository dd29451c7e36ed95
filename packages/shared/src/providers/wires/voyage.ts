import { oneRequest } from '../../pricing/vector'
import type { AnswerShape, Operation, RequestShape } from '../operation'
import { createCounter } from './counter'
import { noUsage } from './openai-answer'
import { readRequest } from './openai-request'
import { readMembers, readText, readTotal } from './read-count'

/** https://docs.voyageai.com/reference: one total, in which pictures are counted as the tokens that they cost. */
const answer: AnswerShape = {
  captures: { usage: { path: 'usage', keep: 'last' }, model: { path: 'model', keep: 'last' } },
  usageOption: null,
  read(captured, { status }) {
    const counter = createCounter()
    const usage = readMembers(captured['usage'])
    const total = counter.count(usage?.['total_tokens'], 'total_tokens')
    const text = usage?.['text_tokens'] === undefined ? total : counter.part(usage['text_tokens'], 'text_tokens', total)
    return {
      ...noUsage,
      vector: oneRequest({ inputUncached: total }),
      imageTokens: { input: total - text, output: 0 },
      isTold: usage?.['total_tokens'] !== undefined,
      mismatch: counter.mismatch(),
      raw: usage && { ...usage },
      model: readText(captured['model']),
      error: status >= 400 ? { type: null, code: null } : null,
    }
  },
}

/** A rerank bills the query again with each document. A picture may lie elsewhere. */
const request: RequestShape = {
  captures: {
    model: { path: 'model', keep: 'last' },
    documents: { path: 'documents[]', keep: 'count' },
    pictures: { path: 'inputs[].content[].image_url', keep: 'count' },
    embedded: { path: 'inputs[].content[].image_base64', keep: 'count' },
  },
  read(captured, facts) {
    const pictures = readTotal(captured['pictures']) + readTotal(captured['embedded'])
    const documents = Math.max(1, readTotal(captured['documents']))
    return readRequest(captured, facts, { maxOutputTokens: 0, maxInputTokens: pictures > 0 ? null : facts.bytes * documents })
  },
}

export const voyageOperations: Operation[] = [
  { kind: 'embeddings', method: 'POST', path: '/embeddings', request, answer },
  { kind: 'embeddings', method: 'POST', path: '/contextualizedembeddings', request, answer },
  { kind: 'embeddings', method: 'POST', path: '/multimodalembeddings', request, answer },
  { kind: 'rerank', method: 'POST', path: '/rerank', request, answer },
]
