import { classifyStatus } from './errors'
import { readErrorWords, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createImageOperations } from './wires/openai-images'
import { createManagement, createPlainOperation } from './wires/openai-management'
import { createResponsesOperation } from './wires/openai-responses'
import { createSpeechOperation } from './wires/openai-speech'
import { createTranscriptionOperations } from './wires/openai-transcription'

export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  category: 'llm',
  baseUrl: 'https://api.openai.com/v1',
  origins: ['https://eu.api.openai.com', 'https://us.api.openai.com'],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: {
    prefixes: ['sk-svcacct-', 'sk-admin-', 'sk-proj-', 'sk-'],
    pattern: /^sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{40,200}$/,
    example: 'sk-proj-…',
  },
  requiredFields: [],
  operations: [
    createChatOperation('/chat/completions', { asksForUsage: true, outputCap: 'max_completion_tokens' }),
    createResponsesOperation(),
    createResponsesOperation('/responses/compact'),
    createEmbeddingsOperation(),
    createCompletionOperation('/completions', { asksForUsage: true }),
    ...createImageOperations(),
    createSpeechOperation(),
    ...createTranscriptionOperations(),
    createPlainOperation('realtime-secret', 'POST /realtime/client_secrets'),
    createPlainOperation('realtime-secret', 'POST /realtime/sessions'),
    createPlainOperation('realtime-secret', 'POST /realtime/transcription_sessions'),
    createPlainOperation('count-tokens', 'POST /responses/input_tokens'),
    ...createManagement(
      'POST /moderations',
      'GET /models',
      'GET /models/{model}',
      'DELETE /models/{model}',
      'GET /responses/{id}',
      'GET /responses/{id}/input_items',
      'POST /responses/{id}/cancel',
      'DELETE /responses/{id}',
      'GET /chat/completions',
      'GET /chat/completions/{id}',
      'GET /chat/completions/{id}/messages',
      'POST /chat/completions/{id}',
      'DELETE /chat/completions/{id}',
      'POST /conversations',
      'GET /conversations/{id}',
      'POST /conversations/{id}',
      'DELETE /conversations/{id}',
      'GET /conversations/{id}/items',
      'POST /conversations/{id}/items',
      'GET /files',
      'POST /files',
      'GET /files/{id}',
      'GET /files/{id}/content',
      'DELETE /files/{id}',
      'POST /uploads',
      'POST /uploads/{id}/parts',
      'POST /uploads/{id}/complete',
      'POST /uploads/{id}/cancel',
      'GET /batches',
      'GET /batches/{id}',
      'POST /batches/{id}/cancel',
      'GET /fine_tuning/jobs',
      'GET /fine_tuning/jobs/{id}',
      'GET /fine_tuning/jobs/{id}/events',
      'GET /vector_stores',
      'GET /vector_stores/{id}',
      'GET /vector_stores/{id}/files',
    ),
  ],
  models: ['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'gpt-6-sol', 'gpt-6-luna'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError: classifyOpenaiError,
  help: {
    no_quota: {
      cause: 'The project behind this key has no credit, or has met its spend limit.',
      remedy: 'Add credit or raise the limit of the project.',
      url: 'https://platform.openai.com/settings/organization/billing',
    },
    rate_limited: {
      cause: 'The project sends more requests or tokens a minute than its tier or its own limits allow.',
      remedy: 'Wait as long as the answer says, or raise the limits of the project.',
      url: 'https://platform.openai.com/settings/organization/limits',
    },
    bad_key: {
      cause: 'OpenAI does not know this key: it was mistyped, deleted or expired.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://platform.openai.com/api-keys',
    },
  },
  supportUrl: 'https://help.openai.com',
  probe: {
    method: 'GET',
    path: '/models',
    read: (answer) =>
      readProbe(openai, answer, {
        organizationHeader: 'openai-organization',
        refine: ({ status, body }) => (status === 403 && readErrorWords(body).includes('missing_scope') ? 'restricted' : null),
      }),
  },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'gpt-5-nano',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_completion_tokens: 16 }),
  },
  billsOnDisconnect: false,
  mint: { kind: 'token', maxTtlSeconds: 3_600, isSpendCapped: false, docsUrl: 'https://platform.openai.com/docs/api-reference' },
  pricingId: 'openai',
  docsUrl: 'https://platform.openai.com/docs/api-reference/authentication',
  monogram: 'OA',
  setup: [
    'Open platform.openai.com, choose the project, and go to API keys.',
    'Create a key of a service account with the permissions that your agents need.',
    'Copy it once and store it here; delete it from wherever else it was kept.',
  ],
}

/** https://platform.openai.com/docs/guides/error-codes */
export function classifyOpenaiError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  const words = readErrorWords(answer.body)
  if (answer.status === 401 && words.includes('ip_not_authorized')) return 'forbidden'
  return answer.status === 429 && words.some((word) => noQuotaWords.includes(word)) ? 'no_quota' : error
}

const noQuotaWords = [
  'insufficient_quota',
  'project_spend_limit_exceeded',
  'organization_spend_limit_exceeded',
  'billing_hard_limit_reached',
  'billing_not_active',
]
