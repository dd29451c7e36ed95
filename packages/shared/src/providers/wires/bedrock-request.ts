import type { Captured } from '../../metering/capture'
import type { RequestFacts, RequestShape } from '../operation'
import { anthropicMessagesRequest } from './anthropic-request'
import { isStoredPrompt, readBedrockModel } from './bedrock-model'
import { readLargestLimit, readLimit, readRequest } from './openai-request'
import { readText, readTotal } from './read-count'

/** More than an image costs on any model here; 6,404 on Llama is the most that is documented. */
const imageTokenCeiling = 8_192
const toolTokenCeiling = 1_000

const contents = ['messages[].content[]', 'messages[].content[].toolResult.content[]', 'system[]']
const open = contents.flatMap((path) => [`${path}.document`, `${path}.video`, `${path}.audio`, `${path}.image.source.s3Location`])
const openPaths = [...open, 'toolConfig.tools[].systemTool', 'promptVariables']
const imagePaths = contents.map((path) => `${path}.image`)

const converseCaptures: RequestShape['captures'] = {
  ...Object.fromEntries(openPaths.map((path, index) => [`open${index}`, { path, keep: 'count' } as const])),
  ...Object.fromEntries(imagePaths.map((path, index) => [`image${index}`, { path, keep: 'count' } as const])),
  converseTools: { path: 'toolConfig.tools[]', keep: 'count' },
  converseTokens: { path: 'inferenceConfig.maxTokens', keep: 'last' },
  converseTier: { path: 'serviceTier.type', keep: 'last' },
}

function boundConverse(captured: Captured, { bytes, params }: RequestFacts): number | null {
  const sum = (name: string, paths: readonly string[]) => paths.reduce((all, _, index) => all + readTotal(captured[`${name}${index}`]), 0)
  if (isStoredPrompt(params['model']) || sum('open', openPaths) > 0) return null
  const tools = readTotal(captured['converseTools']) > 0 ? toolTokenCeiling : 0
  return bytes + sum('image', imagePaths) * imageTokenCeiling + tools
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. The model and whether it streams are in the path. */
export const createConverseRequest = ({ isStream }: { isStream: boolean }): RequestShape => ({
  captures: converseCaptures,
  outputCap: ['inferenceConfig', 'maxTokens'],
  read: (captured, facts) =>
    readRequest(captured, facts, {
      model: readBedrockModel(facts.params['model']),
      isStream,
      maxOutputTokens: readLimit(captured['converseTokens'], null),
      maxInputTokens: boundConverse(captured, facts),
      serviceTier: readText(captured['converseTier']),
    }),
})

/** Each vendor has a name of its own for it. */
const limitPaths = [
  'max_tokens',
  'max_tokens_to_sample',
  'max_completion_tokens',
  'max_gen_len',
  'maxTokens',
  'textGenerationConfig.maxTokenCount',
  'inferenceConfig.maxTokens',
  'inferenceConfig.max_new_tokens',
]

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html: the body is the vendor's. */
export const createInvokeRequest = ({ isStream }: { isStream: boolean }): RequestShape => ({
  captures: {
    ...converseCaptures,
    ...anthropicMessagesRequest.captures,
    ...Object.fromEntries(limitPaths.map((path, index) => [`limit${index}`, { path, keep: 'last' } as const])),
  },
  read: (captured, facts) => {
    const claude = anthropicMessagesRequest.read(captured, facts)
    const bounds = [claude.maxInputTokens, boundConverse(captured, facts)]
    const model = readBedrockModel(facts.params['model'])
    const limit = readLargestLimit(...limitPaths.map((_, index) => captured[`limit${index}`]))
    return {
      ...claude,
      model,
      isStream,
      maxOutputTokens: limit ?? (/embed|rerank/.test(model ?? '') ? 0 : null),
      maxInputTokens: bounds.includes(null) ? null : Math.max(...bounds.map((bound) => bound ?? 0)),
      serviceTier: facts.headers['x-amzn-bedrock-service-tier'] ?? null,
    }
  },
})
