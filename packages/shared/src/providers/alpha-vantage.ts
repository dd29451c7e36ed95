import { classifyStatus, type ErrorClass } from './errors'
import { readJson, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createDataOperations } from './wires/data'
import { readMembers, readText } from './wires/read-count'

export const alphaVantage: Provider = {
  id: 'alpha-vantage',
  name: 'Alpha Vantage',
  category: 'financial-data',
  baseUrl: 'https://www.alphavantage.co',
  origins: [],
  auth: { kind: 'query', name: 'apikey' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: /^[A-Z0-9]{16}$/, example: 'A1B2C3D4E5F6G7H8' },
  requiredFields: [],
  operations: createDataOperations(['/query'], [{ path: 'Information' }, { path: 'Note' }, { path: 'Error Message' }]),
  models: [],
  rateLimitHeaders: [],
  classifyError,
  help: {
    bad_key: {
      cause: 'Alpha Vantage does not know this key, or it is the demo key.',
      remedy: 'Claim a key of your own and rotate to it.',
      url: 'https://www.alphavantage.co/support/#api-key',
    },
    forbidden: {
      cause: 'The function belongs to a premium plan.',
      remedy: 'Change the plan, or use another function.',
      url: 'https://www.alphavantage.co/premium/',
    },
    rate_limited: {
      cause: 'The key has met its limit of requests per minute or day; free keys have 25 a day.',
      remedy: 'Wait, spread the load over more keys, or change the plan.',
      url: 'https://www.alphavantage.co/premium/',
    },
  },
  supportUrl: 'https://www.alphavantage.co/support/',
  probe: { method: 'GET', path: '/query?function=MARKET_STATUS', read: (answer) => readProbe(alphaVantage, answer) },
  testCall: { kind: 'data', method: 'GET', path: '/query?function=GLOBAL_QUOTE&symbol=IBM', model: null, body: () => null },
  billsOnDisconnect: true,
  mint: null,
  pricingId: null,
  docsUrl: 'https://www.alphavantage.co/documentation/',
  monogram: 'AV',
  setup: [
    'Open alphavantage.co/support and claim a key, or subscribe to a premium plan.',
    'Copy it and store it here; delete it from wherever else it was kept.',
  ],
}

/** Every failure comes with status 200 and a sentence. https://www.alphavantage.co/documentation/ */
function classifyError(answer: ProbeAnswer): ErrorClass | null {
  const error = classifyStatus(answer)
  if ('failure' in answer || error !== null) return error
  const body = readMembers(readJson(answer.body)) ?? {}
  const sentence = readText(body['Error Message'], body['Information'], body['Note'])
  if (sentence === null) return null
  if (/apikey is invalid or missing|demo\W+api key/i.test(sentence)) return 'bad_key'
  if (/rate limit|requests per (?:day|minute|second)|call frequency/i.test(sentence)) return 'rate_limited'
  return /premium/i.test(sentence) ? 'forbidden' : 'bad_request'
}
