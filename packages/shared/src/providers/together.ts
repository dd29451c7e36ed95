import { classifyStatus } from './errors'
import { readErrorWords, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createImageOperations } from './wires/openai-images'
import { createManagement } from './wires/openai-management'
import { createSpeechOperation } from './wires/openai-speech'
import { createTranscriptionOperations } from './wires/openai-transcription'

export const together: Provider = {
  id: 'together',
  name: 'Together AI',
  category: 'llm',
  baseUrl: 'https://api.together.xyz/v1',
  origins: ['https://api.together.ai'],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['tgp_v1_'], pattern: /^(?:[0-9a-f]{64}|tgp_v1_[A-Za-z0-9_-]{30,80})$/, example: 'tgp_v1_…' },
  requiredFields: [],
  operations: [
    createChatOperation('/chat/completions', { asksForUsage: true }),
    createCompletionOperation('/completions', { asksForUsage: true }),
    createEmbeddingsOperation(),
    { ...createEmbeddingsOperation('/rerank'), kind: 'rerank' },
    ...createImageOperations().slice(0, 1),
    createSpeechOperation('/audio/speech', () => true),
    ...createTranscriptionOperations(),
    ...createManagement('GET /models', 'GET /files', 'GET /files/{id}', 'DELETE /files/{id}', 'GET /fine-tunes', 'GET /fine-tunes/{id}'),
  ],
  models: ['meta-llama/Llama-3.3-70B-Instruct-Turbo', 'openai/gpt-oss-20b', 'deepseek-ai/DeepSeek-V3'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Together does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://api.together.ai/settings/api-keys',
    },
    no_quota: {
      cause: 'The account has no credit, or has met its spending limit.',
      remedy: 'Add credit or raise the limit.',
      url: 'https://api.together.ai/settings/billing',
    },
  },
  supportUrl: 'https://docs.together.ai/docs/error-codes',
  probe: { method: 'GET', path: '/models', read: (answer) => readProbe(together, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'openai/gpt-oss-20b',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_tokens: 32 }),
  },
  billsOnDisconnect: false,
  mint: null,
  pricingId: 'together',
  docsUrl: 'https://docs.together.ai/reference/chat-completions-1',
  monogram: 'TG',
  setup: ['Open api.together.ai, go to Settings, then API Keys.', 'Create a key of the project, copy it once and store it here.'],
}

/** A prompt that is too long is 403, and says so: https://docs.together.ai/docs/error-codes */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error !== 'forbidden') return error
  return readErrorWords(answer.body).includes('invalid_request_error') ? 'bad_request' : error
}
