import { classifyStatus } from './errors'
import { readJson, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { exaOperations } from './wires/exa'
import { createManagement } from './wires/openai-management'
import { readMembers } from './wires/read-count'

export const exa: Provider = {
  id: 'exa',
  name: 'Exa',
  category: 'search',
  baseUrl: 'https://api.exa.ai',
  origins: [],
  auth: { kind: 'header', name: 'x-api-key' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, example: '01234567-89ab-…' },
  requiredFields: [],
  operations: [...exaOperations, ...createManagement('GET /research/v1', 'GET /research/v1/{research}')],
  models: [],
  rateLimitHeaders: ['x-ratelimit-', 'ratelimit-', 'retry-after'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Exa does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://dashboard.exa.ai/api-keys',
    },
    no_quota: {
      cause: 'The team behind this key has no credit left, or the key has met its budget.',
      remedy: 'Add credit or raise the budget of the key.',
      url: 'https://dashboard.exa.ai/billing',
    },
    rate_limited: {
      cause: 'The team has met its limit of requests per second.',
      remedy: 'Wait and try again, or ask for a higher limit.',
      url: 'https://docs.exa.ai/reference/rate-limits',
    },
  },
  supportUrl: 'https://docs.exa.ai/reference/error-codes',
  probe: { method: 'GET', path: '/research/v1?limit=1', read: (answer) => readProbe(exa, answer) },
  testCall: { kind: 'search', method: 'POST', path: '/search', model: null, body: () => ({ query: 'ok', numResults: 1 }) },
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: 'https://docs.exa.ai/reference/getting-started',
  monogram: 'EX',
  setup: [
    'Open dashboard.exa.ai and go to API keys.',
    'Create a key, with a budget if the team has several.',
    'Copy it and store it here; delete it from wherever else it was kept.',
  ],
}

/** https://docs.exa.ai/reference/error-codes: a tag names the error. */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  const tag = readMembers(readJson(answer.body))?.['tag']
  if (tag === 'INVALID_API_KEY') return 'bad_key'
  return tag === 'NO_MORE_CREDITS' || tag === 'API_KEY_BUDGET_EXCEEDED' ? 'no_quota' : error
}
