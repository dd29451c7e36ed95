import { classifyStatus } from './errors'
import { readProbe } from './probe'
import type { Provider } from './provider'
import { createDataOperations } from './wires/data'

export const polygon: Provider = {
  id: 'polygon',
  name: 'Polygon.io',
  category: 'financial-data',
  baseUrl: 'https://api.polygon.io',
  origins: ['https://api.massive.com'],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[A-Za-z0-9_]{32}$/, example: 'A1b2C3d4…' },
  requiredFields: [],
  operations: createDataOperations(
    [
      '/v1/marketstatus/now',
      '/v1/open-close/{ticker}/{date}',
      '/v2/aggs/ticker/{ticker}/range/{multiplier}/{timespan}/{from}/{to}',
      '/v2/aggs/ticker/{ticker}/prev',
      '/v2/aggs/grouped/locale/{locale}/market/{market}/{date}',
      '/v2/last/trade/{ticker}',
      '/v2/last/nbbo/{ticker}',
      '/v2/reference/news',
      '/v2/snapshot/locale/{locale}/markets/{market}/tickers',
      '/v3/reference/tickers',
      '/v3/reference/tickers/{ticker}',
      '/v3/trades/{ticker}',
      '/v3/quotes/{ticker}',
      '/v3/snapshot/options/{ticker}',
    ],
    [{ path: 'status', word: /^(?:ERROR|NOT_AUTHORIZED|NOT_FOUND)$/, codePath: 'status' }],
  ),
  models: [],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError: classifyStatus,
  help: {
    bad_key: {
      cause: 'Polygon does not know this key: it was mistyped or deleted.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://polygon.io/dashboard/keys',
    },
    forbidden: {
      cause: 'The plan behind this key is not entitled to this data.',
      remedy: 'Change the plan, or ask for other data.',
      url: 'https://polygon.io/pricing',
    },
    rate_limited: {
      cause: 'The key has met its limit of requests per minute; free keys have five.',
      remedy: 'Wait a minute, spread the load over more keys, or change the plan.',
      url: 'https://polygon.io/pricing',
    },
  },
  supportUrl: 'https://polygon.io/contact',
  probe: { method: 'GET', path: '/v1/marketstatus/now', read: (answer) => readProbe(polygon, answer) },
  testCall: { kind: 'data', method: 'GET', path: '/v2/aggs/ticker/AAPL/prev', model: null, body: () => null },
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: 'https://polygon.io/docs/rest/quickstart',
  monogram: 'PG',
  setup: [
    'Open polygon.io/dashboard (now also massive.com) and go to keys.',
    'Create a key of the plan that holds your data.',
    'Copy it and store it here; delete it from wherever else it was kept.',
  ],
}
