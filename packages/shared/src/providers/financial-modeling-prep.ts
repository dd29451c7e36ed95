import { classifyStatus, type ErrorClass } from './errors'
import { readJson, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createDataOperations } from './wires/data'
import { readMembers, readText } from './wires/read-count'

export const financialModelingPrep: Provider = {
  id: 'financial-modeling-prep',
  name: 'Financial Modeling Prep',
  category: 'financial-data',
  baseUrl: 'https://financialmodelingprep.com',
  origins: [],
  auth: { kind: 'query', name: 'apikey' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[A-Za-z0-9]{32}$/, example: 'A1b2C3d4…' },
  requiredFields: [],
  operations: createDataOperations(
    [
      '/stable/quote',
      '/stable/search-symbol',
      '/stable/profile',
      '/stable/income-statement',
      '/stable/balance-sheet-statement',
      '/stable/cash-flow-statement',
      '/stable/key-metrics',
      '/stable/ratios',
      '/stable/historical-price-eod/full',
      '/stable/historical-price-eod/light',
      '/stable/historical-chart/{interval}',
      '/stable/earnings-calendar',
      '/stable/news/stock',
      '/api/v3/quote/{symbol}',
      '/api/v3/profile/{symbol}',
      '/api/v3/income-statement/{symbol}',
      '/api/v3/historical-price-full/{symbol}',
    ],
    [{ path: 'Error Message' }],
  ),
  models: [],
  rateLimitHeaders: ['x-ratelimit-', 'retry-after'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Financial Modeling Prep does not know this key.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://site.financialmodelingprep.com/developer/docs/dashboard',
    },
    forbidden: {
      cause: 'The plan behind this key does not hold this endpoint or parameter.',
      remedy: 'Change the plan, or use another endpoint.',
      url: 'https://site.financialmodelingprep.com/developer/docs/pricing',
    },
    rate_limited: {
      cause: 'The key has met its limit of requests per minute or day; free keys have 250 a day.',
      remedy: 'Wait, spread the load over more keys, or change the plan.',
      url: 'https://site.financialmodelingprep.com/developer/docs/pricing',
    },
  },
  supportUrl: 'https://site.financialmodelingprep.com/contact',
  probe: { method: 'GET', path: '/stable/search-symbol?query=AAPL&limit=1', read: (answer) => readProbe(financialModelingPrep, answer) },
  testCall: { kind: 'data', method: 'GET', path: '/stable/quote?symbol=AAPL', model: null, body: () => null },
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: 'https://site.financialmodelingprep.com/developer/docs',
  monogram: 'FM',
  setup: [
    'Open site.financialmodelingprep.com/developer/docs/dashboard and copy the API key.',
    'Copy it and store it here; delete it from wherever else it was kept.',
  ],
}

/** A sentence tells what failed, at times with status 200; 402 is what the plan does not hold. https://site.financialmodelingprep.com/faqs */
function classifyError(answer: ProbeAnswer): ErrorClass | null {
  const error = classifyStatus(answer)
  if ('failure' in answer) return error
  const sentence = readText(readMembers(readJson(answer.body))?.['Error Message'])
  if (answer.status === 402) return 'forbidden'
  if (sentence === null) return error
  if (/invalid api key/i.test(sentence)) return 'bad_key'
  if (/limit reach/i.test(sentence)) return 'rate_limited'
  if (/exclusive endpoint|special endpoint|premium|subscription|legacy endpoint/i.test(sentence)) return 'forbidden'
  return error ?? 'bad_request'
}
