import type { Captured } from '../metering/capture'
import { classifyStatus } from './errors'
import type { Operation, Usage } from './operation'
import { readJson, readProbe } from './probe'
import type { ProbeAnswer, ProbeResult, Provider } from './provider'
import { readReportedNanos } from './reported-cost'
import { anthropicMessagesAnswer } from './wires/anthropic-messages'
import { anthropicMessagesRequest } from './wires/anthropic-request'
import { extendAnswer } from './wires/openai-answer'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createManagement } from './wires/openai-management'
import { withoutLimits } from './wires/openai-request'
import { createResponsesOperation } from './wires/openai-responses'
import { readMembers } from './wires/read-count'

/** Usage comes by itself, with the cost: https://openrouter.ai/docs/use-cases/usage-accounting */
const createMetered = (operation: Operation): Operation => ({
  ...operation,
  // It searches the web and puts what it finds into the prompt.
  request: withoutLimits(operation.request, (model) => model.endsWith(':online'), { maxInputTokens: null }),
  answer: extendAnswer(operation.answer, { providerError: { path: 'choices[].error', keep: 'first' } }, readCost),
})

const messages: Operation = {
  kind: 'chat',
  method: 'POST',
  path: '/messages',
  request: anthropicMessagesRequest,
  answer: anthropicMessagesAnswer,
}

export const openrouter: Provider = {
  id: 'openrouter',
  name: 'OpenRouter',
  category: 'llm',
  baseUrl: 'https://openrouter.ai/api/v1',
  origins: ['https://eu.openrouter.ai'],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['sk-or-v1-', 'sk-or-'], pattern: /^sk-or-v1-[0-9a-f]{64}$/, example: 'sk-or-v1-…' },
  requiredFields: [],
  operations: [
    createMetered(createChatOperation()),
    createMetered(createResponsesOperation()),
    createMetered(createCompletionOperation()),
    createMetered(messages),
    createMetered(createEmbeddingsOperation()),
    ...createManagement(
      'GET /models',
      'GET /models/user',
      'GET /models/count',
      'GET /models/{model}/endpoints',
      'GET /embeddings/models',
      'GET /generation',
      'GET /key',
      'GET /auth/key',
      'GET /credits',
      'GET /activity',
      'GET /providers',
    ),
  ],
  models: ['openai/gpt-5-mini', 'anthropic/claude-sonnet-4.5', 'google/gemini-2.5-flash'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'OpenRouter does not know this key: it was mistyped, disabled, deleted or has expired.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://openrouter.ai/settings/keys',
    },
    no_quota: {
      cause: 'The account has no credit, or this key has met its own limit.',
      remedy: 'Add credit, or raise the limit of the key.',
      url: 'https://openrouter.ai/settings/credits',
    },
    forbidden: {
      cause: 'The model wants moderated input and this was flagged, or a guardrail of the account refuses it.',
      remedy: 'Change the input, or the guardrails of the account.',
      url: 'https://openrouter.ai/docs/api-reference/errors',
    },
  },
  supportUrl: 'https://openrouter.ai/docs/api-reference/errors',
  probe: { method: 'GET', path: '/key', read: readKeyInfo },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'openai/gpt-5-nano',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_tokens: 32 }),
  },
  billsOnDisconnect: false,
  mint: {
    kind: 'key',
    maxTtlSeconds: null,
    isSpendCapped: true,
    docsUrl: 'https://openrouter.ai/docs/features/provisioning-api-keys',
  },
  pricingId: 'openrouter',
  docsUrl: 'https://openrouter.ai/docs/api-reference/overview',
  monogram: 'OR',
  setup: [
    'Open openrouter.ai, go to Settings, then Keys.',
    'Create a key with a credit limit and an expiry that fit your agents; a management key cannot run models.',
    'Copy it once and store it here.',
  ],
}

/** With a key of their own at the upstream (BYOK) the caller pays it there, and OpenRouter its fee. */
function readCost(usage: Usage, captured: Captured): Usage {
  const own = readReportedNanos(usage.raw?.['cost'])
  const upstream = readReportedNanos(readMembers(usage.raw?.['cost_details'])?.['upstream_inference_cost'])
  const isByok = usage.raw?.['is_byok'] === true
  const failed = readMembers(captured['providerError'])
  return {
    ...usage,
    reportedNanos: own !== null && isByok && upstream !== null ? own + upstream : own,
    error: usage.error ?? (failed ? { type: null, code: String(failed['code'] ?? '').slice(0, 40) || null } : null),
  }
}

/** https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key */
function readKeyInfo(answer: ProbeAnswer): ProbeResult {
  const result = readProbe(openrouter, answer, {
    refine: ({ status, body }) => (status === 200 && isSpent(readKey(body)) ? 'no_quota' : null),
    isExpected: (body) => readKey(body) !== null,
  })
  const key = 'failure' in answer ? null : readKey(answer.body)
  const told = ['limit', 'limit_remaining', 'limit_reset', 'usage'].flatMap((name) => {
    const value = key?.[name]
    return typeof value === 'number' || typeof value === 'string' ? [[name, String(value).slice(0, 40)] as const] : []
  })
  return { ...result, details: { ...result.details, limits: { ...result.details.limits, ...Object.fromEntries(told) } } }
}

const readKey = (body: string) => readMembers(readMembers(readJson(body))?.['data'])

const isSpent = (key: Readonly<Record<string, unknown>> | null) =>
  typeof key?.['limit_remaining'] === 'number' && key['limit_remaining'] <= 0

/** https://openrouter.ai/docs/api-reference/errors: a key that met its own limit is told in words alone. */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  return answer.status === 403 && /key limit exceeded/i.test(answer.body) ? 'no_quota' : error
}
