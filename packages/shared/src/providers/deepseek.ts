import { classifyStatus } from './errors'
import { readJson, readProbe } from './probe'
import type { ProbeAnswer, ProbeResult, Provider } from './provider'
import { anthropicMessagesAnswer } from './wires/anthropic-messages'
import { anthropicMessagesRequest } from './wires/anthropic-request'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createManagement } from './wires/openai-management'
import { readMembers } from './wires/read-count'

export const deepseek: Provider = {
  id: 'deepseek',
  name: 'DeepSeek',
  category: 'llm',
  baseUrl: 'https://api.deepseek.com',
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['sk-'], pattern: /^sk-[0-9a-f]{32}$/, example: 'sk-…' },
  requiredFields: [],
  operations: [
    createChatOperation('/chat/completions', { asksForUsage: true }),
    createChatOperation('/beta/chat/completions', { asksForUsage: true }),
    createCompletionOperation('/completions', { asksForUsage: true }),
    createCompletionOperation('/beta/completions', { asksForUsage: true }),
    { kind: 'chat', method: 'POST', path: '/anthropic/v1/messages', request: anthropicMessagesRequest, answer: anthropicMessagesAnswer },
    ...createManagement('GET /models', 'GET /user/balance'),
  ],
  models: ['deepseek-v4-flash', 'deepseek-v4-pro', 'deepseek-chat', 'deepseek-reasoner'],
  rateLimitHeaders: ['x-ratelimit-'],
  /** https://api-docs.deepseek.com/quick_start/error_codes */
  classifyError: classifyStatus,
  help: {
    bad_key: {
      cause: 'DeepSeek does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://platform.deepseek.com/api_keys',
    },
    no_quota: {
      cause: 'The balance of the account is used up.',
      remedy: 'Top up the account.',
      url: 'https://platform.deepseek.com/top_up',
    },
  },
  supportUrl: 'https://api-docs.deepseek.com/quick_start/error_codes',
  probe: { method: 'GET', path: '/user/balance', read: readBalance },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: 'deepseek-v4-flash',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_tokens: 16 }),
  },
  billsOnDisconnect: false,
  mint: null,
  pricingId: 'deepseek',
  docsUrl: 'https://api-docs.deepseek.com',
  monogram: 'DS',
  setup: ['Open platform.deepseek.com and go to API keys.', 'Create a key, copy it once and store it here.'],
}

/** https://api-docs.deepseek.com/api/get-user-balance */
function readBalance(answer: ProbeAnswer): ProbeResult {
  const result = readProbe(deepseek, answer, {
    refine: ({ status, body }) => (status === 200 && readMembers(readJson(body))?.['is_available'] === false ? 'no_quota' : null),
    isExpected: (body) => typeof readMembers(readJson(body))?.['is_available'] === 'boolean',
  })
  const balances = 'failure' in answer ? null : readMembers(readJson(answer.body))?.['balance_infos']
  const first = Array.isArray(balances) ? readMembers(balances[0]) : null
  const [currency, total] = [first?.['currency'], first?.['total_balance']]
  if (typeof currency !== 'string' || typeof total !== 'string' || !/^[A-Z]{3} -?[\d.]{1,20}$/.test(`${currency} ${total}`)) return result
  return { ...result, details: { ...result.details, limits: { ...result.details.limits, [`balance_${currency.toLowerCase()}`]: total } } }
}
