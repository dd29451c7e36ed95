import { classifyStatus } from './errors'
import { readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createDataOperations } from './wires/data'

export const tiingo: Provider = {
  id: 'tiingo',
  name: 'Tiingo',
  category: 'financial-data',
  baseUrl: 'https://api.tiingo.com',
  origins: [],
  auth: { kind: 'header', name: 'authorization', prefix: 'Token ' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[a-f0-9]{40}$/, example: '0a1b2c3d…' },
  requiredFields: [],
  operations: createDataOperations([
    '/api/test',
    '/tiingo/daily/{ticker}',
    '/tiingo/daily/{ticker}/prices',
    '/tiingo/news',
    '/tiingo/fundamentals/{ticker}/statements',
    '/tiingo/fundamentals/{ticker}/daily',
    '/tiingo/fundamentals/definitions',
    '/tiingo/crypto/prices',
    '/tiingo/crypto/top',
    '/tiingo/fx/{pair}/prices',
    '/tiingo/fx/{pair}/top',
    '/iex',
    '/iex/{ticker}',
    '/iex/{ticker}/prices',
    '/tiingo/utilities/search',
  ]),
  models: [],
  rateLimitHeaders: ['x-ratelimit-', 'retry-after'],
  classifyError,
  help: {
    bad_key: {
      cause: 'Tiingo does not know this token.',
      remedy: 'Renew the token in the account and rotate to it.',
      url: 'https://www.tiingo.com/account/api/token',
    },
    forbidden: {
      cause: 'The plan behind this token does not hold this data.',
      remedy: 'Change the plan, or ask for other data.',
      url: 'https://www.tiingo.com/about/pricing',
    },
    rate_limited: {
      cause: 'The token has met its limit of requests per hour or day, or of symbols per month.',
      remedy: 'Wait, spread the load over more tokens, or change the plan.',
      url: 'https://www.tiingo.com/account/api/usage',
    },
  },
  supportUrl: 'https://www.tiingo.com/about/contact',
  probe: { method: 'GET', path: '/api/test', read: (answer) => readProbe(tiingo, answer) },
  testCall: { kind: 'data', method: 'GET', path: '/tiingo/daily/AAPL', model: null, body: () => null },
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: 'https://www.tiingo.com/documentation/general/connecting',
  monogram: 'TI',
  setup: [
    'Open tiingo.com/account/api/token and copy the token, or renew it there.',
    'Copy it and store it here; delete it from wherever else it was kept.',
  ],
}

/** A limit that is met may come as a sentence with status 200 or 400. https://www.tiingo.com/documentation/general/overview */
function classifyError(answer: ProbeAnswer) {
  const isLimited =
    'status' in answer && answer.status < 500 && /run over your (?:hourly|daily|monthly|\d+ symbol)/i.test(answer.body.slice(0, 500))
  return isLimited ? 'rate_limited' : classifyStatus(answer)
}
