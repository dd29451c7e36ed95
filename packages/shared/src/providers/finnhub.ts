import { classifyStatus } from './errors'
import { readProbe } from './probe'
import type { Provider } from './provider'
import { createDataOperations } from './wires/data'

export const finnhub: Provider = {
  id: 'finnhub',
  name: 'Finnhub',
  category: 'financial-data',
  baseUrl: 'https://finnhub.io/api/v1',
  origins: [],
  auth: { kind: 'header', name: 'x-finnhub-token' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[a-z0-9_]{20,48}$/, example: 'c0a1b2c3…' },
  requiredFields: [],
  operations: createDataOperations([
    '/quote',
    '/search',
    '/stock/symbol',
    '/stock/profile2',
    '/stock/metric',
    '/stock/candle',
    '/stock/recommendation',
    '/company-news',
    '/news',
    '/calendar/earnings',
    '/calendar/economic',
    '/forex/rates',
    '/crypto/candle',
  ]),
  models: [],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError: classifyStatus,
  help: {
    bad_key: {
      cause: 'Finnhub does not know this key.',
      remedy: 'Create a new key and rotate to it.',
      url: 'https://finnhub.io/dashboard',
    },
    forbidden: {
      cause: 'The plan behind this key does not hold this data.',
      remedy: 'Change the plan, or ask for other data.',
      url: 'https://finnhub.io/pricing',
    },
    rate_limited: {
      cause: 'The key has met its limit of calls per minute, or thirty per second.',
      remedy: 'Wait until x-ratelimit-reset, spread the load over more keys, or change the plan.',
      url: 'https://finnhub.io/docs/api/rate-limit',
    },
  },
  supportUrl: 'https://finnhub.io/contact',
  probe: { method: 'GET', path: '/quote?symbol=AAPL', read: (answer) => readProbe(finnhub, answer) },
  testCall: { kind: 'data', method: 'GET', path: '/quote?symbol=AAPL', model: null, body: () => null },
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: 'https://finnhub.io/docs/api/authentication',
  monogram: 'FH',
  setup: [
    'Open finnhub.io/dashboard and copy the API key, or renew it there.',
    'Copy it and store it here; delete it from wherever else it was kept.',
  ],
}
