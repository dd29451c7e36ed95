import { classifyStatus } from './errors'
import type { Operation, Usage } from './operation'
import { readErrorWords, readJson, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { readReportedNanos } from './reported-cost'
import { extendAnswer, joinMismatches } from './wires/openai-answer'
import { createChatOperation } from './wires/openai-chat'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createManagement, createPlainOperation } from './wires/openai-management'
import { withoutLimits } from './wires/openai-request'
import { createResponsesOperation } from './wires/openai-responses'
import { readCount, readMembers } from './wires/read-count'

/** Deep research reasons and reads far beyond the prompt and the limit on the answer. */
function createSonar(path: string): Operation {
  const chat = createChatOperation(path, { reasoning: 'separate' })
  return {
    ...chat,
    request: withoutLimits(chat.request, (model) => model.includes('deep-research'), { maxInputTokens: null, maxOutputTokens: null }),
    answer: extendAnswer(chat.answer, {}, addResearch),
  }
}

const createMetered = (operation: Operation): Operation => ({ ...operation, answer: extendAnswer(operation.answer, {}, addCost) })

export const perplexity: Provider = {
  id: 'perplexity',
  name: 'Perplexity',
  category: 'llm',
  baseUrl: 'https://api.perplexity.ai',
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['pplx-'], pattern: /^pplx-[A-Za-z0-9]{40,64}$/, example: 'pplx-…' },
  requiredFields: [],
  operations: [
    createMetered(createResponsesOperation('/v1/responses')),
    createMetered(createResponsesOperation('/v1/agent')),
    createSonar('/chat/completions'),
    createSonar('/v1/sonar'),
    createMetered(createEmbeddingsOperation('/v1/embeddings')),
    createPlainOperation('search', 'POST /search'),
    ...createManagement('GET /v1/models', 'GET /async/chat/completions', 'GET /async/chat/completions/{id}'),
  ],
  models: ['sonar', 'sonar-pro', 'sonar-reasoning-pro', 'sonar-deep-research'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Perplexity does not know this key: it was mistyped, revoked or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://www.perplexity.ai/account/api/keys',
    },
    no_quota: {
      cause: 'The credits of the account are used up.',
      remedy: 'Buy credits, or turn on automatic top-up.',
      url: 'https://www.perplexity.ai/account/api/billing',
    },
  },
  supportUrl: 'https://docs.perplexity.ai',
  probe: {
    method: 'POST',
    path: '/search',
    body: {},
    read: (answer) => readProbe(perplexity, answer, { refine: ({ status, body }) => (isRefusedAsEmpty(status, body) ? 'accepted' : null) }),
  },
  testCall: {
    kind: 'responses',
    method: 'POST',
    path: '/v1/responses',
    model: 'openai/gpt-5-mini',
    body: (model) => ({ model, input: 'Say ok.', max_output_tokens: 32 }),
  },
  billsOnDisconnect: true,
  mint: { kind: 'key', maxTtlSeconds: null, isSpendCapped: false, docsUrl: 'https://docs.perplexity.ai/guides/api-key-management' },
  pricingId: 'perplexity',
  docsUrl: 'https://docs.perplexity.ai/docs/getting-started/overview',
  monogram: 'PX',
  setup: ['Open the API settings of perplexity.ai and go to API Keys.', 'Create a key, copy it once and store it here.'],
}

/** No list proves a key for free, and an invalid search is not billed: https://docs.perplexity.ai/docs/getting-started/pricing */
const isRefusedAsEmpty = (status: number, body: string) => (status === 400 || status === 422) && readJson(body) !== null

/** Citations are read as input; searches and reasoning stand beside the tokens and outside the total. */
function addResearch(usage: Usage): Usage {
  const mismatches: string[] = []
  const citations = readCount(usage.raw?.['citation_tokens'], 'citation_tokens', mismatches) ?? 0
  const searches = readCount(usage.raw?.['num_search_queries'], 'num_search_queries', mismatches) ?? 0
  const { vector } = usage
  const whole = { ...vector, inputUncached: vector.inputUncached + citations, searches: vector.searches + searches }
  return addCost({ ...usage, vector: whole, mismatch: joinMismatches([usage.mismatch, ...mismatches]) })
}

/** The cost of the call, with its fees and tools, wins over any count. */
function addCost(usage: Usage): Usage {
  const reportedNanos = readReportedNanos(readMembers(usage.raw?.['cost'])?.['total_cost'])
  const tools = Object.values(readMembers(usage.raw?.['tool_calls_details']) ?? {})
  const calls = tools.reduce<number>((sum, tool) => sum + (readCount(readMembers(tool)?.['invocation'], 'a tool', []) ?? 0), 0)
  return { ...usage, vector: { ...usage.vector, searches: Math.max(usage.vector.searches, calls) }, reportedNanos }
}

/** Spent credits are told as 401: https://docs.perplexity.ai */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  return readErrorWords(answer.body).includes('insufficient_quota') ? 'no_quota' : error
}
