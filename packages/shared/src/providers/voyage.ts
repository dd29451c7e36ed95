import { classifyStatus } from './errors'
import { readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { voyageOperations } from './wires/voyage'

const testModel = 'voyage-3.5-lite'

export const voyage: Provider = {
  id: 'voyage',
  name: 'Voyage AI',
  category: 'llm',
  baseUrl: 'https://api.voyageai.com/v1',
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: ['pa-', 'al-'], pattern: /^(?:pa|al)-[A-Za-z0-9_-]{30,80}$/, example: 'pa-…' },
  requiredFields: [],
  operations: voyageOperations,
  models: ['voyage-3.5', 'voyage-3.5-lite', 'voyage-3-large', 'voyage-code-3', 'rerank-2.5'],
  rateLimitHeaders: ['x-ratelimit-', 'retry-after'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Voyage does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://dashboard.voyageai.com/organization/api-keys',
    },
    rate_limited: {
      cause: 'The organization has met its limit; without a payment method it is three requests per minute.',
      remedy: 'Wait and try again, or add a payment method.',
      url: 'https://docs.voyageai.com/docs/rate-limits',
    },
  },
  supportUrl: 'https://docs.voyageai.com/docs/error-codes',
  probe: {
    method: 'POST',
    path: '/embeddings',
    body: { model: testModel, input: ['ok'] },
    read: (answer) => readProbe(voyage, answer),
  },
  testCall: {
    kind: 'embeddings',
    method: 'POST',
    path: '/embeddings',
    model: testModel,
    body: (model) => ({ model, input: ['Say ok.'] }),
  },
  billsOnDisconnect: true,
  mint: null,
  pricingId: 'voyage',
  docsUrl: 'https://docs.voyageai.com/docs/api-key-and-installation',
  monogram: 'VY',
  setup: [
    'Open dashboard.voyageai.com, choose the organization, and go to API keys.',
    'Create a key in the project whose limits fit your agents.',
    'Copy it once and store it here; delete it from wherever else it was kept.',
  ],
}

/** https://docs.voyageai.com/docs/error-codes: 403 is an address that the service does not serve. */
function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  return answer.status === 429 && /payment method|billing/i.test(answer.body) && /exhausted|credit|overdue/i.test(answer.body)
    ? 'no_quota'
    : error
}
