import { classifyGoogleError } from './google-errors'
import type { Operation } from './operation'
import { readProbe } from './probe'
import type { Provider } from './provider'
import { anthropicMessagesAnswer } from './wires/anthropic-messages'
import { anthropicMessagesRequest } from './wires/anthropic-request'
import { createGeminiOperations, createPredictOperation } from './wires/gemini-operations'
import { createGoogleChatOperation } from './wires/google-openai'
import { createChatOperation } from './wires/openai-chat'
import { createManagement, createPlainOperation } from './wires/openai-management'

/** The second form is express mode: an API key, and no project in the path. */
const places = [
  '/v1/projects/{project}/locations/{location}',
  '/v1beta1/projects/{project}/locations/{location}',
  '/v1',
  '/v1beta1',
] as const

const createClaude = (verb: string): Operation[] =>
  places.slice(0, 2).map((place) => ({
    kind: 'chat',
    method: 'POST',
    path: `${place}/publishers/anthropic/models/{model}:${verb}`,
    request: anthropicMessagesRequest,
    answer: anthropicMessagesAnswer,
  }))

const countClaude = places
  .slice(0, 2)
  .map((place) => createPlainOperation('count-tokens', `POST ${place}/publishers/anthropic/models/count-tokens:rawPredict`))

/** https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest */
export const vertex: Provider = {
  id: 'vertex',
  name: 'Google Vertex AI',
  category: 'llm',
  baseUrl: 'https://{region}-aiplatform.googleapis.com',
  origins: [],
  auth: { kind: 'google', scope: 'https://www.googleapis.com/auth/cloud-platform' },
  headers: {},
  apiVersion: null,
  key: {
    prefixes: ['AIza', 'AQ.'],
    pattern: /^(?:AIza[A-Za-z0-9_-]{35}|AQ\.[A-Za-z0-9_-]{20,300})$/,
    example: '{"type":"service_account",…}',
    isJsonAllowed: true,
  },
  requiredFields: ['region', 'upstreamOrganization'],
  operations: [
    ...places.flatMap((place) => createGeminiOperations(`${place}/publishers/google/models`)),
    ...places.slice(0, 2).map((place) => createPredictOperation(`${place}/publishers/google/models`)),
    ...countClaude,
    ...createClaude('rawPredict'),
    ...createClaude('streamRawPredict'),
    ...places
      .slice(0, 2)
      .flatMap((place) => [
        createGoogleChatOperation(`${place}/endpoints/openapi/chat/completions`),
        createChatOperation(`${place}/publishers/mistralai/models/{model}:rawPredict`),
        createChatOperation(`${place}/publishers/mistralai/models/{model}:streamRawPredict`),
      ]),
    ...createManagement('GET /v1beta1/publishers/google/models', 'GET /v1/publishers/google/models/{model}'),
  ],
  models: ['gemini-3.5-flash', 'gemini-2.5-pro', 'gemini-2.5-flash', 'claude-opus-5-5', 'claude-sonnet-4-6'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError: classifyGoogleError,
  help: {
    bad_key: {
      cause: 'Google refuses the service account: it or its key was deleted or disabled.',
      remedy: 'Create a new key of the service account, or enable it again, and rotate.',
      url: 'https://console.cloud.google.com/iam-admin/serviceaccounts',
    },
    forbidden: {
      cause: 'The service account lacks the role, or the Vertex AI API or the model is not enabled in this project.',
      remedy: 'Grant it Vertex AI User (roles/aiplatform.user) and enable the API and the model.',
      url: 'https://console.cloud.google.com/iam-admin/iam',
    },
    rate_limited: {
      cause: 'The project or the shared capacity of the region has met its quota.',
      remedy: 'Wait and try again, use the global region, or ask for more quota.',
      url: 'https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429',
    },
  },
  supportUrl: 'https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/api-errors',
  probe: { method: 'GET', path: '/v1beta1/publishers/google/models?pageSize=1', read: (answer) => readProbe(vertex, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent',
    model: 'gemini-2.5-flash-lite',
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'Say ok.' }] }], generationConfig: { maxOutputTokens: 8 } }),
  },
  billsOnDisconnect: true,
  mint: {
    kind: 'token',
    maxTtlSeconds: 43_200,
    isSpendCapped: false,
    docsUrl: 'https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken',
  },
  pricingId: 'vertex',
  docsUrl: 'https://cloud.google.com/vertex-ai/docs/authentication',
  monogram: 'VX',
  setup: [
    'Open console.cloud.google.com, choose the project, and enable the Vertex AI API.',
    'Create a service account with the role Vertex AI User and download a JSON key of it.',
    'Store the whole JSON file here, with the region (such as us-central1, or global) as region and the project ID as upstreamOrganization.',
  ],
}
