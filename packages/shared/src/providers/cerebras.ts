import { classifyStatus } from './errors'
import { readErrorWords, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createManagement } from './wires/openai-management'

export const cerebras: Provider = {
  id: 'cerebras',
  name: 'Cerebras',
  category: 'llm',
  baseUrl: 'https://api.cerebras.ai/v1',
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['csk-'], pattern: /^csk-[a-z0-9]{40,60}$/, example: 'csk-…' },
  requiredFields: [],
  operations: [
    createChatOperation('/chat/completions', { asksForUsage: true, outputCap: 'max_completion_tokens' }),
    createCompletionOperation('/completions', { asksForUsage: true }),
    ...createManagement('GET /models', 'GET /models/{model}'),
  ],
  models: ['gpt-oss-120b', 'gemma-4-31b', 'qwen-3-coder-480b'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Cerebras does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://cloud.cerebras.ai',
    },
    rate_limited: {
      cause: 'The organization sends more requests or tokens than its tier allows.',
      remedy: 'Wait until the limit resets, or change the tier.',
      url: 'https://inference-docs.cerebras.ai/support/rate-limits',
    },
  },
  supportUrl: 'https://inference-docs.cerebras.ai/support/error',
  probe: { method: 'GET', path: '/models', read: (answer) => readProbe(cerebras, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'gpt-oss-120b',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_completion_tokens: 32 }),
  },
  // Nothing is published about streams that are left, so what was asked for counts as billed.
  billsOnDisconnect: true,
  mint: null,
  pricingId: 'cerebras',
  docsUrl: 'https://inference-docs.cerebras.ai/api-reference/chat-completions',
  monogram: 'CB',
  setup: ['Open cloud.cerebras.ai and go to API Keys.', 'Create a key, copy it once and store it here.'],
}

/** https://inference-docs.cerebras.ai/support/error: a full queue is 429 too, and no fault of the caller. */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  return answer.status === 429 && readErrorWords(answer.body).includes('queue_exceeded') ? 'overloaded' : error
}
