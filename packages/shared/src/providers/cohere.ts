import { classifyStatus } from './errors'
import { readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { cohereOperations } from './wires/cohere'
import { createChatOperation } from './wires/openai-chat'
import { createManagement } from './wires/openai-management'

export const cohere: Provider = {
  id: 'cohere',
  name: 'Cohere',
  category: 'llm',
  baseUrl: 'https://api.cohere.com',
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[A-Za-z0-9]{40}$/, example: 'a1B2…' },
  requiredFields: [],
  operations: [
    ...cohereOperations,
    createChatOperation('/compatibility/v1/chat/completions', { asksForUsage: true }),
    ...createManagement('POST /v1/tokenize', 'POST /v1/detokenize', 'GET /v1/models', 'GET /v1/models/{model}', 'POST /v1/check-api-key'),
  ],
  models: ['command-a-03-2025', 'command-r7b-12-2024', 'embed-v4.0', 'rerank-v3.5'],
  rateLimitHeaders: ['x-endpoint-monthly-call-limit', 'x-trial-endpoint-call-', 'x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Cohere does not know this key: it was mistyped, deleted or blocked.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://dashboard.cohere.com/api-keys',
    },
    no_quota: {
      cause: 'The trial key has used its calls of this month, or the account has met its spend limit.',
      remedy: 'Use a production key, or raise the limit.',
      url: 'https://dashboard.cohere.com/billing',
    },
    rate_limited: {
      cause: 'The key has met its limit of calls per minute; trial keys have low ones.',
      remedy: 'Wait and try again, or use a production key.',
      url: 'https://docs.cohere.com/docs/rate-limits',
    },
  },
  supportUrl: 'https://docs.cohere.com/reference/errors',
  probe: { method: 'GET', path: '/v1/models?page_size=1', read: (answer) => readProbe(cohere, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/v2/chat',
    model: 'command-r7b-12-2024',
    body: (model) => ({ model, max_tokens: 8, messages: [{ role: 'user', content: 'Say ok.' }] }),
  },
  billsOnDisconnect: false,
  mint: null,
  pricingId: 'cohere',
  docsUrl: 'https://docs.cohere.com/reference/about',
  monogram: 'CO',
  setup: [
    'Open dashboard.cohere.com and go to API keys.',
    'Create a production key; a trial key has low limits and must not serve a product.',
    'Copy it once and store it here; delete it from wherever else it was kept.',
  ],
}

/** https://docs.cohere.com/reference/errors: a trial that is used up answers 429, and 498 is a key that was blocked. */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  const { status, body } = answer
  if (status === 401 && /no api key supplied/i.test(body)) return 'bad_request'
  if (status === 498) return 'bad_key'
  return status === 429 && /trial key.*(?:per month|\/ ?month)|spend(?:ing)? limit/i.test(body) ? 'no_quota' : error
}
