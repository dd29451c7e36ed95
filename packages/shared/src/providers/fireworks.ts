import type { Captured } from '../metering/capture'
import type { AnswerFacts } from '../metering/reading'
import { classifyStatus } from './errors'
import type { Operation, Usage } from './operation'
import { readErrorWords, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { extendAnswer } from './wires/openai-answer'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createManagement } from './wires/openai-management'
import { createResponsesOperation } from './wires/openai-responses'
import { readMembers } from './wires/read-count'

const createMetered = (operation: Operation): Operation => ({
  ...operation,
  answer: extendAnswer(operation.answer, { metrics: { path: 'perf_metrics', keep: 'last' } }, readCached),
})

export const fireworks: Provider = {
  id: 'fireworks',
  name: 'Fireworks AI',
  category: 'llm',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['fw_'], pattern: /^fw_[A-Za-z0-9]{20,60}$/, example: 'fw_…' },
  requiredFields: [],
  operations: [
    createMetered(createChatOperation('/chat/completions', { asksForUsage: true })),
    createMetered(createCompletionOperation('/completions', { asksForUsage: true })),
    createResponsesOperation(),
    createEmbeddingsOperation(),
    { ...createEmbeddingsOperation('/rerank'), kind: 'rerank' },
    ...createManagement('GET /models', 'GET /models/{model}', 'GET /responses/{id}', 'DELETE /responses/{id}'),
  ],
  models: ['accounts/fireworks/models/gpt-oss-20b', 'accounts/fireworks/models/deepseek-v4-flash'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Fireworks does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://app.fireworks.ai/settings/users/api-keys',
    },
    no_quota: {
      cause: 'The account is suspended: it has no credit, met its monthly limit or owes an invoice.',
      remedy: 'Add credit, raise the limit or pay the invoice.',
      url: 'https://app.fireworks.ai/account/billing',
    },
  },
  supportUrl: 'https://docs.fireworks.ai/guides/inference-error-codes',
  probe: { method: 'GET', path: '/models', read: (answer) => readProbe(fireworks, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'accounts/fireworks/models/gpt-oss-20b',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_tokens: 32 }),
  },
  billsOnDisconnect: false,
  mint: null,
  pricingId: 'fireworks',
  docsUrl: 'https://docs.fireworks.ai/api-reference/introduction',
  monogram: 'FW',
  setup: ['Open app.fireworks.ai, go to Settings, then API Keys.', 'Create a key of a service account, copy it once and store it here.'],
}

/**
 * Where the usage does not say what came from the cache, the metrics or a header do:
 * https://docs.fireworks.ai/faq-new/models-inference/how-to-get-performance-metrics-for-streaming-responses
 */
function readCached(usage: Usage, captured: Captured, { headers }: AnswerFacts): Usage {
  const told = readMembers(usage.raw?.['prompt_tokens_details'])?.['cached_tokens']
  const metric = readMembers(captured['metrics'])?.['cached-prompt-tokens'] ?? headers['fireworks-cached-prompt-tokens']
  const cached = Number(metric ?? 0)
  const { inputUncached } = usage.vector
  if (typeof told === 'number' || !Number.isSafeInteger(cached) || cached <= 0 || cached > inputUncached) return usage
  return { ...usage, vector: { ...usage.vector, inputUncached: inputUncached - cached, cacheRead: cached } }
}

/** https://docs.fireworks.ai/guides/inference-error-codes: 412 is an account that is suspended. */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  if (answer.status === 412) return 'no_quota'
  return answer.status === 403 && readErrorWords(answer.body).includes('UNAUTHORIZED') ? 'bad_key' : error
}
