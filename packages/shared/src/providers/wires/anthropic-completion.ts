import type { Operation } from '../operation'
import { noUsage } from './openai-answer'
import { errorCaptures, readAnswerError } from './openai-errors'
import { readLimit, readRequest } from './openai-request'
import { readText, readTotal } from './read-count'

/** The text completions of old, which never tell a usage. https://platform.claude.com/docs/en/api/complete */
export const createAnthropicCompletion = (path: string): Operation => ({
  kind: 'completion',
  method: 'POST',
  path,
  request: {
    captures: {
      model: { path: 'model', keep: 'last' },
      stream: { path: 'stream', keep: 'last' },
      maxTokens: { path: 'max_tokens_to_sample', keep: 'last' },
    },
    read: (captured, facts) => readRequest(captured, facts, { maxOutputTokens: readLimit(captured['maxTokens'], null) }),
  },
  answer: {
    captures: {
      ...errorCaptures,
      model: { path: 'model', keep: 'first' },
      id: { path: 'id', keep: 'first' },
      stopReason: { path: 'stop_reason', keep: 'last' },
      text: { path: 'completion', keep: 'characters' },
    },
    usageOption: null,
    read: (captured, facts) => ({
      ...noUsage,
      model: readText(captured['model']),
      responseId: readText(captured['id']),
      finishReason: readText(captured['stopReason']),
      error: readAnswerError(captured, facts),
      characters: { text: readTotal(captured['text']), reasoning: 0 },
    }),
  },
})
