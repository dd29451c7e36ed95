import { classifyStatus } from './errors'
import type { Operation } from './operation'
import { readErrorWords, readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createImageOperations } from './wires/openai-images'
import { createManagement, createPlainOperation } from './wires/openai-management'
import { createResponsesOperation } from './wires/openai-responses'
import { createSpeechOperation } from './wires/openai-speech'
import { createTranscriptionOperations } from './wires/openai-transcription'

const createModelOperations = (prefix: string): Operation[] => [
  createChatOperation(`${prefix}/chat/completions`, { asksForUsage: true, outputCap: 'max_completion_tokens' }),
  createEmbeddingsOperation(`${prefix}/embeddings`),
  createCompletionOperation(`${prefix}/completions`, { asksForUsage: true }),
  ...createImageOperations(prefix),
  createSpeechOperation(`${prefix}/audio/speech`),
  ...createTranscriptionOperations(prefix),
]

/** A deployment names no model: the answer does. https://learn.microsoft.com/azure/ai-foundry/openai/reference */
export const azure: Provider = {
  id: 'azure',
  name: 'Azure OpenAI',
  category: 'llm',
  baseUrl: null,
  origins: [],
  auth: { kind: 'header', name: 'api-key' },
  headers: {},
  apiVersion: { in: 'query', name: 'api-version', default: '2024-10-21', exceptBelow: '/openai/v1/' },
  key: { prefixes: [], pattern: /^(?:[0-9a-f]{32}|[A-Za-z0-9]{84})$/, example: '…' },
  requiredFields: ['baseUrl'],
  operations: [
    ...createModelOperations('/openai/deployments/{deployment}'),
    ...createModelOperations('/openai/v1'),
    createResponsesOperation('/openai/v1/responses'),
    createResponsesOperation('/openai/responses'),
    createPlainOperation('realtime-secret', 'POST /openai/v1/realtime/client_secrets'),
    createPlainOperation('realtime-secret', 'POST /openai/realtimeapi/sessions'),
    ...createManagement(
      'GET /openai/models',
      'GET /openai/models/{model}',
      'GET /openai/v1/models',
      'GET /openai/v1/models/{model}',
      'GET /openai/v1/responses/{id}',
      'GET /openai/v1/responses/{id}/input_items',
      'POST /openai/v1/responses/{id}/cancel',
      'DELETE /openai/v1/responses/{id}',
      'GET /openai/responses/{id}',
      'DELETE /openai/responses/{id}',
      'GET /openai/v1/files',
      'POST /openai/v1/files',
      'GET /openai/v1/files/{id}',
      'DELETE /openai/v1/files/{id}',
      'GET /openai/files',
      'POST /openai/files',
    ),
  ],
  models: ['gpt-5', 'gpt-5-mini', 'gpt-4.1'],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError,
  help: {
    bad_key: {
      cause: 'This resource does not know the key, or the base URL is that of another resource.',
      remedy: 'Compare both with Keys and Endpoint of the resource.',
      url: 'https://portal.azure.com',
    },
    forbidden: {
      cause: 'The network rules of the resource refuse this address, or keys are disabled on it.',
      remedy: 'Allow this address in Networking, or allow local authentication.',
      url: 'https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks',
    },
    bad_request: {
      cause: 'The deployment, the API version or the path does not exist on this resource.',
      remedy: 'Give the endpoint of the resource as base URL, without a path, and check deployment and API version.',
      url: 'https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle',
    },
    rate_limited: {
      cause: 'The deployment has used its tokens or requests a minute.',
      remedy: 'Wait as long as the answer says, or give the deployment more of the quota.',
      url: 'https://learn.microsoft.com/azure/ai-foundry/openai/how-to/quota',
    },
  },
  supportUrl: 'https://azure.microsoft.com/support',
  probe: { method: 'GET', path: '/openai/models', read: (answer) => readProbe(azure, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/openai/deployments/{deployment}/chat/completions',
    model: null,
    body: () => ({ messages: [{ role: 'user', content: 'Say ok.' }], max_completion_tokens: 16 }),
  },
  billsOnDisconnect: false,
  mint: {
    kind: 'token',
    maxTtlSeconds: 5_400,
    isSpendCapped: false,
    docsUrl: 'https://learn.microsoft.com/azure/ai-foundry/openai/how-to/managed-identity',
  },
  pricingId: 'azure',
  docsUrl: 'https://learn.microsoft.com/azure/ai-foundry/openai/reference',
  monogram: 'AZ',
  setup: [
    'Open the resource in portal.azure.com and go to Keys and Endpoint.',
    'Copy the endpoint, such as https://NAME.openai.azure.com, as base URL, and one of the two keys.',
    'Give the name of a deployment, so that the key can be tried with a real call.',
    'Give an API version only if your agents need another than the default; paths below /openai/v1 need none.',
  ],
}

function classifyError(answer: ProbeAnswer) {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  const words = readErrorWords(answer.body)
  if (answer.status === 401 && words.includes('PermissionDenied')) return 'forbidden'
  return answer.status === 429 && words.includes('insufficient_quota') ? 'no_quota' : error
}
