import { classifyStatus } from './errors'
import { readJson, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createDataOperations } from './wires/data'
import { readMembers } from './wires/read-count'

export const twelveData: Provider = {
  id: 'twelve-data',
  name: 'Twelve Data',
  category: 'financial-data',
  baseUrl: 'https://api.twelvedata.com',
  origins: [],
  auth: { kind: 'query', name: 'apikey' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[a-f0-9]{32}$/, example: '0a1b2c3d…' },
  requiredFields: [],
  operations: createDataOperations(
    [
      '/time_series',
      '/price',
      '/quote',
      '/eod',
      '/exchange_rate',
      '/currency_conversion',
      '/symbol_search',
      '/stocks',
      '/forex_pairs',
      '/cryptocurrencies',
      '/market_state',
      '/earnings',
      '/dividends',
      '/income_statement',
      '/balance_sheet',
      '/cash_flow',
      '/statistics',
      '/profile',
      '/api_usage',
    ],
    [{ path: 'status', word: /^error$/, codePath: 'code' }],
  ),
  models: [],
  rateLimitHeaders: ['api-credits-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Twelve Data does not know this key, or it was missing.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://twelvedata.com/account/api-keys',
    },
    forbidden: {
      cause: 'The plan behind this key does not hold this data.',
      remedy: 'Change the plan, or ask for other data.',
      url: 'https://twelvedata.com/pricing',
    },
    rate_limited: {
      cause: 'The key has used its credits of this minute or day.',
      remedy: 'Wait, spread the load over more keys, or change the plan.',
      url: 'https://twelvedata.com/account/api-usage',
    },
  },
  supportUrl: 'https://twelvedata.com/contact',
  probe: { method: 'GET', path: '/api_usage', read: (answer) => readProbe(twelveData, answer) },
  testCall: { kind: 'data', method: 'GET', path: '/price?symbol=AAPL', model: null, body: () => null },
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: 'https://twelvedata.com/docs#authentication',
  monogram: 'TD',
  setup: [
    'Open twelvedata.com/account/api-keys and reveal or create a key.',
    'Copy it and store it here; delete it from wherever else it was kept.',
  ],
}

/** Failures may come with status 200: the code is in the body. https://twelvedata.com/docs#errors */
function classifyError(answer: ProbeAnswer) {
  if ('failure' in answer || answer.status >= 400) return classifyStatus(answer)
  const body = readMembers(readJson(answer.body))
  const code = body?.['status'] === 'error' ? body['code'] : null
  return classifyStatus({ ...answer, status: typeof code === 'number' ? code : answer.status })
}
