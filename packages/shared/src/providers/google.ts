import { classifyGoogleError } from './google-errors'
import { readProbe } from './probe'
import type { Provider } from './provider'
import { createInteractionsOperation } from './wires/gemini-interactions'
import { createGeminiOperations } from './wires/gemini-operations'
import { createGoogleChatOperation } from './wires/google-openai'
import { createManagement } from './wires/openai-management'

const versions = ['/v1beta', '/v1', '/v1alpha'] as const

/** The Gemini API. https://ai.google.dev/api */
export const google: Provider = {
  id: 'google',
  name: 'Google Gemini',
  category: 'llm',
  baseUrl: 'https://generativelanguage.googleapis.com',
  origins: [],
  auth: { kind: 'google', scope: 'https://www.googleapis.com/auth/cloud-platform' },
  headers: {},
  apiVersion: null,
  key: {
    prefixes: ['AIza', 'AQ.'],
    pattern: /^(?:AIza[A-Za-z0-9_-]{35}|AQ\.[A-Za-z0-9_-]{20,300})$/,
    example: 'AIza…',
    isJsonAllowed: true,
  },
  requiredFields: [],
  operations: [
    ...versions.flatMap((version) => createGeminiOperations(`${version}/models`)),
    createGoogleChatOperation('/v1beta/openai/chat/completions'),
    ...versions.map((version) => createInteractionsOperation(`${version}/interactions`)),
    ...versions
      .slice(0, 2)
      .flatMap((version) =>
        createManagement(
          `GET ${version}/models`,
          `GET ${version}/models/{model}`,
          `GET ${version}/files`,
          `GET ${version}/files/{file}`,
          `DELETE ${version}/files/{file}`,
          `GET ${version}/interactions/{id}`,
          `POST ${version}/interactions/{id}/cancel`,
          `DELETE ${version}/interactions/{id}`,
        ),
      ),
  ],
  models: ['gemini-3.5-flash', 'gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-embedding-001'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError: classifyGoogleError,
  help: {
    bad_key: {
      cause: 'Google does not know this key: it was deleted, expired, or blocked because it was found in public.',
      remedy: 'Create a new key in AI Studio and rotate to it.',
      url: 'https://aistudio.google.com/apikey',
    },
    forbidden: {
      cause: 'The key is restricted to other APIs or addresses, the API is not enabled in its project, or this region is not served.',
      remedy: 'Allow the Generative Language API for the key and enable it in the project.',
      url: 'https://console.cloud.google.com/apis/credentials',
    },
    no_quota: {
      cause: 'The project behind this key has no credit left, or its billing is switched off.',
      remedy: 'Open the billing of the project and add credit.',
      url: 'https://aistudio.google.com/usage',
    },
    rate_limited: {
      cause: 'The project has met a limit of requests or tokens of its tier.',
      remedy: 'Wait as long as retryDelay says, or move the project to a higher tier.',
      url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
    },
  },
  supportUrl: 'https://ai.google.dev/gemini-api/docs/troubleshooting',
  probe: { method: 'GET', path: '/v1beta/models?pageSize=1', read: (answer) => readProbe(google, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/v1beta/models/{model}:generateContent',
    model: 'gemini-2.5-flash-lite',
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'Say ok.' }] }], generationConfig: { maxOutputTokens: 8 } }),
  },
  billsOnDisconnect: true,
  mint: { kind: 'key', maxTtlSeconds: null, isSpendCapped: false, docsUrl: 'https://cloud.google.com/docs/authentication/api-keys' },
  pricingId: 'google',
  docsUrl: 'https://ai.google.dev/gemini-api/docs/api-key',
  monogram: 'GG',
  setup: [
    'Open aistudio.google.com, choose the project, and go to API keys; or create a service account in the Google Cloud console.',
    'Create a key that is restricted to the Generative Language API, or download the JSON key of the service account.',
    'Store the key, or the whole JSON file, here; delete it from wherever else it was kept.',
  ],
}
