import { classifyStatus, type ErrorClass } from './errors'
import { readProbe } from './probe'
import type { ProbeAnswer, Provider } from './provider'
import { converseAnswer } from './wires/bedrock-converse'
import { invokeAnswer } from './wires/bedrock-invoke'
import { createConverseRequest, createInvokeRequest } from './wires/bedrock-request'
import { createChatOperation } from './wires/openai-chat'
import { createManagement, createPlainOperation } from './wires/openai-management'

const whole = { isStream: false }
const streamed = { isStream: true }

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html */
export const bedrock: Provider = {
  id: 'bedrock',
  name: 'AWS Bedrock',
  category: 'llm',
  baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
  origins: ['https://bedrock-runtime-fips.{region}.amazonaws.com'],
  auth: { kind: 'aws', service: 'bedrock' },
  headers: {},
  apiVersion: null,
  key: {
    prefixes: ['bedrock-api-key-', 'ABSK', 'AKIA', 'ASIA'],
    pattern:
      /^(?:bedrock-api-key-[A-Za-z0-9+/=_-]{40,}|ABSK[A-Za-z0-9+/=]{60,}|(?:AKIA|ASIA)[A-Z0-9]{12,28}:[A-Za-z0-9/+=]{40}(?::[A-Za-z0-9/+=_-]{16,})?)$/,
    example: 'ABSK… or AKIA…:…',
    isAwsPairAllowed: true,
  },
  requiredFields: ['region'],
  operations: [
    { kind: 'chat', method: 'POST', path: '/model/{model}/converse', request: createConverseRequest(whole), answer: converseAnswer },
    {
      kind: 'chat',
      method: 'POST',
      path: '/model/{model}/converse-stream',
      request: createConverseRequest(streamed),
      answer: converseAnswer,
    },
    { kind: 'chat', method: 'POST', path: '/model/{model}/invoke', request: createInvokeRequest(whole), answer: invokeAnswer },
    {
      kind: 'chat',
      method: 'POST',
      path: '/model/{model}/invoke-with-response-stream',
      request: createInvokeRequest(streamed),
      answer: invokeAnswer,
    },
    createChatOperation('/openai/v1/chat/completions', { asksForUsage: true, outputCap: 'max_completion_tokens' }),
    createPlainOperation('count-tokens', 'POST /model/{model}/count-tokens'),
    ...createManagement('GET /async-invoke', 'GET /async-invoke/{invocation}'),
  ],
  models: ['global.anthropic.claude-sonnet-5-v1:0', 'us.anthropic.claude-haiku-4-5-20251001-v1:0', 'amazon.nova-lite-v1:0'],
  rateLimitHeaders: ['x-amzn-ratelimit-', 'retry-after'],
  classifyError,
  help: {
    bad_key: {
      cause:
        'AWS does not know this key: it was deleted, deactivated or expired, its session token ended, or it belongs to another region.',
      remedy: 'Check the region first: a short-term key works in one region alone. Else create a new key and rotate to it.',
      url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
    },
    forbidden: {
      cause: 'The identity behind this key may not do this, or the account has no access to the model in this region.',
      remedy: 'Grant it bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream, and request access to the model.',
      url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/security-iam.html',
    },
    rate_limited: {
      cause: 'The account has met its quota of requests or tokens for this model in this region.',
      remedy: 'Wait and try again, use a cross-region inference profile, or ask for more quota.',
      url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/quotas.html',
    },
  },
  supportUrl: 'https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html',
  probe: {
    method: 'GET',
    path: '/async-invoke?maxResults=1',
    read: (answer) => readProbe(bedrock, answer, { refine: ({ status, body }) => (status === 403 && isKnown(body) ? 'restricted' : null) }),
  },
  testCall: {
    kind: 'chat',
    method: 'POST',
    path: '/model/{model}/converse',
    model: 'amazon.nova-micro-v1:0',
    body: () => ({ messages: [{ role: 'user', content: [{ text: 'Say ok.' }] }], inferenceConfig: { maxTokens: 8 } }),
  },
  billsOnDisconnect: true,
  mint: {
    kind: 'token',
    maxTtlSeconds: 43_200,
    isSpendCapped: false,
    docsUrl: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html',
  },
  pricingId: 'bedrock',
  docsUrl: 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
  monogram: 'BR',
  setup: [
    'Open the Bedrock console in the region of your models and request access to them.',
    'Create a Bedrock API key there, or in IAM an access key of a user that may invoke only these models.',
    'Store the API key here, or the access key as ACCESS_KEY_ID:SECRET_ACCESS_KEY (with :SESSION_TOKEN if it is temporary).',
    'Enter the region, such as us-east-1: it is part of the address, and a short-term key works in no other.',
  ],
}

/** AWS knows whom it refuses: an identity without the permission. */
const isKnown = (body: string) => /not authorized to perform/i.test(body)

/** AWS answers 403 to a key that it does not know. https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html */
function classifyError(answer: ProbeAnswer): ErrorClass | null {
  const error = classifyStatus(answer)
  if ('failure' in answer || error === null) return error
  const { status, headers, body } = answer
  const words = `${headers['x-amzn-errortype'] ?? ''} ${body}`
  const isUnknown = /UnrecognizedClient|InvalidClientTokenId|InvalidSignature|ExpiredToken|MissingAuthenticationToken|IncompleteSignature/
  if (status !== 400 && status !== 403) return error
  if (isUnknown.test(words)) return /Signature (?:expired|not yet current)/i.test(body) ? 'bad_request' : 'bad_key'
  if (/Authentication failed|Invalid API Key format|security token included in the request is (?:invalid|expired)/i.test(body))
    return 'bad_key'
  return /ThrottlingException|ServiceQuotaExceeded/.test(words) ? 'rate_limited' : error
}
