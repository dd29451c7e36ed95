import type { Captured } from '../metering/capture'
import { classifyStatus } from './errors'
import type { Usage } from './operation'
import { readErrorWords, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { extendAnswer } from './wires/openai-answer'
import { createChatOperation } from './wires/openai-chat'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createManagement } from './wires/openai-management'
import { withoutLimits } from './wires/openai-request'
import { createResponsesOperation } from './wires/openai-responses'
import { createSpeechOperation } from './wires/openai-speech'
import { createTranscriptionOperations } from './wires/openai-transcription'

const chat = createChatOperation('/chat/completions', { otherUsagePath: 'x_groq.usage', outputCap: 'max_completion_tokens' })

export const groq: Provider = {
  id: 'groq',
  name: 'Groq',
  category: 'llm',
  baseUrl: 'https://api.groq.com/openai/v1',
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['gsk_'], pattern: /^gsk_[A-Za-z0-9]{40,80}$/, example: 'gsk_…' },
  requiredFields: [],
  operations: [
    {
      ...chat,
      // A compound searches, runs code and asks other models: https://console.groq.com/docs/compound
      request: withoutLimits(chat.request, (model) => model.includes('compound'), { maxInputTokens: null, maxOutputTokens: null }),
      answer: extendAnswer(chat.answer, { cause: { path: 'x_groq.error', keep: 'count' } }, readStreamError),
    },
    createResponsesOperation(),
    createEmbeddingsOperation(),
    createSpeechOperation('/audio/speech', () => true),
    // Each request is billed for ten seconds at least: https://console.groq.com/docs/speech-to-text
    ...createTranscriptionOperations('', { minimumSeconds: 10 }),
    ...createManagement(
      'GET /models',
      'GET /models/{model}',
      'GET /files',
      'POST /files',
      'GET /files/{id}',
      'GET /files/{id}/content',
      'DELETE /files/{id}',
      'GET /batches',
      'GET /batches/{id}',
      'POST /batches/{id}/cancel',
    ),
  ],
  models: ['openai/gpt-oss-120b', 'openai/gpt-oss-20b', 'llama-3.3-70b-versatile'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Groq does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://console.groq.com/keys',
    },
    no_quota: {
      cause: 'The organization has met the spend limit that its owner set.',
      remedy: 'Raise the limit, or wait for the next billing month.',
      url: 'https://console.groq.com/docs/spend-limits',
    },
    rate_limited: {
      cause: 'The organization sends more requests or tokens than its plan allows.',
      remedy: 'Wait as long as the answer says, or change the plan.',
      url: 'https://console.groq.com/settings/limits',
    },
  },
  supportUrl: 'https://console.groq.com/docs/errors',
  probe: { method: 'GET', path: '/models', read: (answer) => readProbe(groq, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'openai/gpt-oss-20b',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_completion_tokens: 32 }),
  },
  billsOnDisconnect: true,
  mint: null,
  pricingId: 'groq',
  docsUrl: 'https://console.groq.com/docs/api-reference',
  monogram: 'GQ',
  setup: ['Open console.groq.com, choose the project, and go to API Keys.', 'Create a key, copy it once and store it here.'],
}

/** The last chunk of a stream that failed says so in `x_groq.error`, in a sentence. */
function readStreamError(usage: Usage, captured: Captured): Usage {
  return captured['cause'] === undefined || usage.error ? usage : { ...usage, error: { type: 'x_groq', code: null } }
}

/** https://console.groq.com/docs/errors: 498 is a flex tier without capacity, 413 and 429 are limits. */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  const words = readErrorWords(answer.body)
  if (words.includes('blocked_api_access')) return 'no_quota'
  if (words.includes('organization_restricted')) return 'forbidden'
  if (answer.status === 498) return 'overloaded'
  return words.includes('rate_limit_exceeded') ? 'rate_limited' : error
}
