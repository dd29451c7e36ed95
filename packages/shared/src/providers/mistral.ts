import { classifyStatus } from './errors'
import { readErrorWords, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createMistralTranscription } from './wires/mistral-transcription'
import { createChatOperation } from './wires/openai-chat'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createManagement } from './wires/openai-management'

export const mistral: Provider = {
  id: 'mistral',
  name: 'Mistral AI',
  category: 'llm',
  baseUrl: 'https://api.mistral.ai/v1',
  origins: ['https://codestral.mistral.ai'],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[A-Za-z0-9]{32}$/, example: '…' },
  requiredFields: [],
  operations: [
    createChatOperation(),
    createChatOperation('/fim/completions'),
    createChatOperation('/agents/completions'),
    createEmbeddingsOperation(),
    createMistralTranscription(),
    ...createManagement(
      'GET /models',
      'GET /models/{model}',
      'GET /files',
      'POST /files',
      'GET /files/{id}',
      'GET /files/{id}/content',
      'GET /files/{id}/url',
      'DELETE /files/{id}',
      'GET /batch/jobs',
      'GET /batch/jobs/{id}',
      'POST /batch/jobs/{id}/cancel',
      'GET /agents',
      'GET /agents/{id}',
    ),
  ],
  models: ['mistral-large-latest', 'mistral-medium-latest', 'mistral-small-latest', 'codestral-latest'],
  rateLimitHeaders: ['x-ratelimit-', 'ratelimitbysize-', 'ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Mistral does not know this key: it was mistyped or deleted, or has expired.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://console.mistral.ai/api-keys',
    },
    rate_limited: {
      cause: 'The workspace sends more requests or tokens than its tier allows.',
      remedy: 'Wait, or raise the limits of the workspace.',
      url: 'https://admin.mistral.ai/plateforme/limits',
    },
  },
  supportUrl: 'https://help.mistral.ai',
  probe: { method: 'GET', path: '/models', read: (answer) => readProbe(mistral, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'mistral-small-latest',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_tokens: 16 }),
  },
  billsOnDisconnect: true,
  mint: null,
  pricingId: 'mistral',
  docsUrl: 'https://docs.mistral.ai/api',
  monogram: 'MI',
  setup: [
    'Open console.mistral.ai, choose the workspace, and go to API keys.',
    'Create a key with an expiry, copy it once and store it here.',
  ],
}

/** A tier without capacity is 429 too: https://docs.mistral.ai/deployment/laplateforme/tier */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  return answer.status === 429 && readErrorWords(answer.body).includes('service_tier_capacity_exceeded') ? 'overloaded' : error
}
