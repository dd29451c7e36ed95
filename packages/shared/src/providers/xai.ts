import { classifyStatus } from './errors'
import type { Operation, Usage } from './operation'
import { readJson, readProbe, readWord } from './probe'
import type { ProbeAnswer, ProbeResult, Provider } from './provider'
import { readReportedTicks } from './reported-cost'
import { extendAnswer } from './wires/openai-answer'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createImageOperations } from './wires/openai-images'
import { createManagement, createPlainOperation } from './wires/openai-management'
import { createResponsesOperation } from './wires/openai-responses'
import { readCount, readMembers, readText } from './wires/read-count'

const createMetered = (operation: Operation): Operation => ({ ...operation, answer: extendAnswer(operation.answer, {}, readCost) })

export const xai: Provider = {
  id: 'xai',
  name: 'xAI',
  category: 'llm',
  baseUrl: 'https://api.x.ai/v1',
  origins: ['https://*.api.x.ai'],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['xai-'], pattern: /^xai-[A-Za-z0-9]{60,100}$/, example: 'xai-…' },
  requiredFields: [],
  operations: [
    createMetered(createChatOperation('/chat/completions', { reasoning: 'extra', asksForUsage: true, outputCap: 'max_completion_tokens' })),
    createMetered(createResponsesOperation()),
    createMetered(createCompletionOperation('/completions', { asksForUsage: true })),
    createMetered(createEmbeddingsOperation()),
    ...createImageOperations().slice(0, 2).map(createMetered),
    createPlainOperation('count-tokens', 'POST /tokenize-text'),
    ...createManagement(
      'GET /models',
      'GET /models/{model}',
      'GET /language-models',
      'GET /language-models/{model}',
      'GET /embedding-models',
      'GET /image-generation-models',
      'GET /api-key',
      'GET /responses/{id}',
      'DELETE /responses/{id}',
    ),
  ],
  models: ['grok-4.6', 'grok-4-1-fast-reasoning', 'grok-code-fast-1'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'xAI does not know this key: it was mistyped, disabled or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://console.x.ai',
    },
    no_quota: {
      cause: 'The team has used its credits or met its monthly spending limit.',
      remedy: 'Buy credits or raise the limit of the team.',
      url: 'https://console.x.ai',
    },
    forbidden: {
      cause: 'The key lacks the endpoint or the model, or the key or its team is blocked.',
      remedy: 'Give the key the endpoint and the model in the console.',
      url: 'https://console.x.ai',
    },
  },
  supportUrl: 'https://docs.x.ai/docs/key-information/debugging',
  probe: { method: 'GET', path: '/api-key', read: readKeyInfo },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'grok-4-1-fast-non-reasoning',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_tokens: 16 }),
  },
  billsOnDisconnect: false,
  mint: { kind: 'key', maxTtlSeconds: null, isSpendCapped: false, docsUrl: 'https://docs.x.ai/docs/management-api' },
  pricingId: 'xai',
  docsUrl: 'https://docs.x.ai/docs/api-reference',
  monogram: 'XA',
  setup: [
    'Open console.x.ai, choose the team, and go to API Keys.',
    'Create a key with the endpoints and models that your agents need.',
    'Copy it once and store it here.',
  ],
}

const billedTools = ['web_search_calls', 'x_search_calls', 'code_interpreter_calls', 'file_search_calls', 'document_search_calls']

/** The exact charge, tools included: https://docs.x.ai/developers/cost-tracking */
function readCost(usage: Usage): Usage {
  const tools = readMembers(usage.raw?.['server_side_tool_usage_details'])
  const count = (value: unknown) => readCount(value, 'a tool', []) ?? 0
  const calls = billedTools.reduce((sum, name) => sum + count(tools?.[name]), 0)
  const searches = Math.max(usage.vector.searches, calls, count(usage.raw?.['num_sources_used']))
  return { ...usage, vector: { ...usage.vector, searches }, reportedNanos: readReportedTicks(usage.raw?.['cost_in_usd_ticks']) }
}

/** https://docs.x.ai/docs/api-reference: the key tells its team, and whether it is blocked. */
function readKeyInfo(answer: ProbeAnswer): ProbeResult {
  const result = readProbe(xai, answer, {
    refine: ({ status, body }) => (status === 200 ? findBlock(readMembers(readJson(body))) : null),
    isExpected: (body) => readMembers(readJson(body))?.['team_id'] !== undefined,
  })
  const team = 'failure' in answer || result.valid !== true ? null : readText(readMembers(readJson(answer.body))?.['team_id'])
  return { ...result, details: { ...result.details, organization: readWord(team ?? undefined) } }
}

function findBlock(key: Readonly<Record<string, unknown>> | null) {
  if (key?.['api_key_disabled'] === true || key?.['api_key_blocked'] === true) return 'bad_key'
  return key?.['team_blocked'] === true ? 'forbidden' : null
}

/** It refuses a wrong key with 400, and tells spent credits as 403 or 429, in words: https://docs.x.ai/docs/key-information/debugging */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  if (answer.status === 400 && /incorrect api key/i.test(answer.body)) return 'bad_key'
  const isMoney = (answer.status === 403 || answer.status === 429) && /\bcredits\b|spending limit/i.test(answer.body)
  return isMoney ? 'no_quota' : error
}
