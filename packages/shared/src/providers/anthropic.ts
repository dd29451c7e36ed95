import { classifyStatus } from './errors'
import { readErrorWords, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createAnthropicCompletion } from './wires/anthropic-completion'
import { anthropicMessagesAnswer } from './wires/anthropic-messages'
import { anthropicMessagesRequest } from './wires/anthropic-request'
import { createManagement, createPlainOperation } from './wires/openai-management'

export const anthropic: Provider = {
  id: 'anthropic',
  name: 'Anthropic',
  category: 'llm',
  baseUrl: 'https://api.anthropic.com',
  origins: [],
  auth: { kind: 'header', name: 'x-api-key' },
  headers: {},
  apiVersion: { in: 'header', name: 'anthropic-version', default: '2023-06-01' },
  key: {
    prefixes: ['sk-ant-admin01-', 'sk-ant-api03-', 'sk-ant-'],
    pattern: /^sk-ant-[a-z]+\d{2}-[A-Za-z0-9_-]{80,120}$/,
    example: 'sk-ant-api03-…',
  },
  requiredFields: [],
  operations: [
    { kind: 'chat', method: 'POST', path: '/v1/messages', request: anthropicMessagesRequest, answer: anthropicMessagesAnswer },
    createPlainOperation('count-tokens', 'POST /v1/messages/count_tokens'),
    createAnthropicCompletion('/v1/complete'),
    ...createManagement(
      'GET /v1/models',
      'GET /v1/models/{model}',
      'POST /v1/messages/batches',
      'GET /v1/messages/batches',
      'GET /v1/messages/batches/{batch}',
      'GET /v1/messages/batches/{batch}/results',
      'POST /v1/messages/batches/{batch}/cancel',
      'DELETE /v1/messages/batches/{batch}',
      'POST /v1/files',
      'GET /v1/files',
      'GET /v1/files/{file}',
      'GET /v1/files/{file}/content',
      'DELETE /v1/files/{file}',
    ),
  ],
  models: ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5'],
  rateLimitHeaders: ['anthropic-ratelimit-', 'retry-after'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Anthropic does not know this key: it was deleted, disabled or expired.',
      remedy: 'Create a new key in the workspace and rotate to it.',
      url: 'https://console.anthropic.com/settings/keys',
    },
    no_quota: {
      cause: 'The organization has no credit left, or it or the workspace has met its spend limit.',
      remedy: 'Add credit or raise the spend limit.',
      url: 'https://console.anthropic.com/settings/billing',
    },
    rate_limited: {
      cause: 'The organization has met its limit of requests or tokens per minute for this model.',
      remedy: 'Wait as long as retry-after says, or ask for a higher limit.',
      url: 'https://console.anthropic.com/settings/limits',
    },
  },
  supportUrl: 'https://support.anthropic.com',
  probe: {
    method: 'GET',
    path: '/v1/models',
    read: (answer) =>
      readProbe(anthropic, answer, {
        organizationHeader: 'anthropic-organization-id',
        refine: ({ status, body }) => (status === 403 && readErrorWords(body).includes('permission_error') ? 'restricted' : null),
      }),
  },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/v1/messages',
    model: 'claude-haiku-4-5',
    body: (model) => ({ model, max_tokens: 8, messages: [{ role: 'user', content: 'Say ok.' }] }),
  },
  billsOnDisconnect: false,
  mint: { kind: 'token', maxTtlSeconds: null, isSpendCapped: false, docsUrl: 'https://docs.anthropic.com/en/api/overview' },
  pricingId: 'anthropic',
  docsUrl: 'https://docs.anthropic.com/en/api/getting-started',
  monogram: 'AN',
  setup: [
    'Open console.anthropic.com, choose the workspace, and go to API keys.',
    'Create a key in the workspace whose limits fit your agents.',
    'Copy it once and store it here; delete it from wherever else it was kept.',
  ],
}

/** https://platform.claude.com/docs/en/api/errors: an empty balance and a spent limit come as 400. */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  const { status, body } = answer
  if (status === 400 && /credit balance is too low|specified API usage limits/i.test(body)) return 'no_quota'
  return status === 400 && /organization has been disabled/i.test(body) ? 'bad_key' : error
}
