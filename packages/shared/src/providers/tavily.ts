import { classifyStatus } from './errors'
import { readJson, readProbe } from './probe'
import type { ProbeAnswer, ProbeResult, Provider } from './provider'
import { createManagement } from './wires/openai-management'
import { readMembers } from './wires/read-count'
import { tavilyOperations } from './wires/tavily'

export const tavily: Provider = {
  id: 'tavily',
  name: 'Tavily',
  category: 'search',
  baseUrl: 'https://api.tavily.com',
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['tvly-prod-', 'tvly-dev-', 'tvly-'], pattern: /^tvly-(?:prod-|dev-)?[A-Za-z0-9_-]{20,90}$/, example: 'tvly-…' },
  requiredFields: [],
  operations: [...tavilyOperations, ...createManagement('GET /usage')],
  models: [],
  rateLimitHeaders: ['x-ratelimit-', 'retry-after'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Tavily does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://app.tavily.com/home',
    },
    no_quota: {
      cause: 'The plan or the key has used its credits of this month, or met its pay-as-you-go limit.',
      remedy: 'Raise the limit of the key, change the plan, or wait for the next month.',
      url: 'https://app.tavily.com/billing',
    },
    rate_limited: {
      cause: 'The key has met its limit of requests per minute.',
      remedy: 'Wait and try again, or use a production key.',
      url: 'https://docs.tavily.com/documentation/rate-limits',
    },
  },
  supportUrl: 'https://docs.tavily.com/documentation/api-reference/introduction',
  probe: { method: 'GET', path: '/usage', read: readUsageProbe },
  testCall: { kind: 'search', method: 'POST', path: '/search', model: null, body: () => ({ query: 'ok', max_results: 1 }) },
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: 'https://docs.tavily.com/documentation/api-reference/introduction',
  monogram: 'TV',
  setup: [
    'Open app.tavily.com and go to API keys.',
    'Create a production key with a monthly limit that fits your agents.',
    'Copy it and store it here; delete it from wherever else it was kept.',
  ],
}

/** 432 is the limit of the plan or the key, 433 that of paying as one goes. https://docs.tavily.com/documentation/api-reference/endpoint/search */
function classifyError(answer: ProbeAnswer) {
  return 'status' in answer && (answer.status === 432 || answer.status === 433) ? 'no_quota' : classifyStatus(answer)
}

/** The answer tells how many credits the key has used, and how many it has. */
function readUsageProbe(answer: ProbeAnswer): ProbeResult {
  const result = readProbe(tavily, answer)
  const key = readMembers(readMembers('body' in answer ? readJson(answer.body) : null)?.['key'])
  const told = Object.entries(key ?? {}).filter(([name, value]) => (name === 'usage' || name === 'limit') && typeof value === 'number')
  const limits = { ...result.details.limits, ...Object.fromEntries(told.map(([name, value]) => [name, String(value)])) }
  return { ...result, details: { ...result.details, limits } }
}
