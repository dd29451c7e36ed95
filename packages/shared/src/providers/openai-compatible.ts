import { classifyOpenaiError } from './openai'
import { readProbe } from './probe'
import type { Provider } from './provider'
import { createChatOperation } from './wires/openai-chat'
import { createCompletionOperation } from './wires/openai-completions'
import { createEmbeddingsOperation } from './wires/openai-embeddings'
import { createImageOperations } from './wires/openai-images'
import { createManagement } from './wires/openai-management'
import { createResponsesOperation } from './wires/openai-responses'
import { createSpeechOperation } from './wires/openai-speech'
import { createTranscriptionOperations } from './wires/openai-transcription'

/** vLLM, Ollama, LM Studio, llama.cpp and whatever else speaks the wire. They tell a stream's usage when asked, and stop when left. */
export const openaiCompatible: Provider = {
  id: 'openai-compatible',
  name: 'OpenAI-compatible server',
  category: 'llm',
  baseUrl: null,
  origins: [],
  auth: { kind: 'bearer' },
  headers: {},
  apiVersion: null,
  key: { prefixes: [], pattern: null, example: '…' },
  requiredFields: ['baseUrl'],
  operations: [
    createChatOperation('/chat/completions', { asksForUsage: true }),
    createResponsesOperation(),
    createEmbeddingsOperation(),
    createCompletionOperation('/completions', { asksForUsage: true }),
    ...createImageOperations(),
    createSpeechOperation(),
    ...createTranscriptionOperations(),
    ...createManagement('GET /models', 'GET /models/{model}'),
  ],
  models: [],
  rateLimitHeaders: ['x-ratelimit-'],
  classifyError: classifyOpenaiError,
  help: {
    bad_request: {
      cause: 'The server does not know this path or model.',
      remedy: 'Check that the base URL ends where its /models and /chat/completions begin, such as http://HOST:8000/v1.',
      url: null,
    },
  },
  supportUrl: null,
  probe: { method: 'GET', path: '/models', read: (answer) => readProbe(openaiCompatible, answer) },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/chat/completions',
    model: null,
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Say ok.' }], max_tokens: 16 }),
  },
  billsOnDisconnect: false,
  mint: null,
  pricingId: null,
  docsUrl: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  monogram: 'OC',
  setup: [
    'Find the base URL of the server: vLLM http://HOST:8000/v1, Ollama http://HOST:11434/v1, LM Studio http://HOST:1234/v1.',
    'A server inside your network has to be allowed by KEYLEASE_ALLOW_PRIVATE_UPSTREAMS.',
    'Store the key that the server was started with. One that asks for none takes any text: make up a long random one.',
  ],
}
