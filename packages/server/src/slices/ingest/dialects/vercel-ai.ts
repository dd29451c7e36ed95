import type { OperationKind } from '@keylease/shared/providers/operation'
import { genAi } from '@keylease/shared/semconv'
import type { Attributes, SpanSignal } from '../otlp/signal'
import type { CallKind, Dialect, RuleFacts } from './dialect'
import { firstCount } from './fields'
import { unpackMembers } from './json-attributes'
import { leafOf, readConventionKind, tellsUse } from './kinds'
import { readCount } from './read'

/** Its innermost spans: those above them carry the sums. */
const leaves: ReadonlyMap<unknown, OperationKind> = new Map<unknown, OperationKind>([
  ['ai.generateText.doGenerate', 'chat'],
  ['ai.streamText.doStream', 'chat'],
  ['ai.generateObject.doGenerate', 'chat'],
  ['ai.streamObject.doStream', 'chat'],
  ['ai.embed.doEmbed', 'embeddings'],
  ['ai.embedMany.doEmbed', 'embeddings'],
  ['ai.rerank.doRerank', 'rerank'],
  ['ai.generateSpeech', 'speech'],
  ['ai.transcribe', 'transcription'],
  ['ai.streamTranscribe', 'transcription'],
])

const metadata = 'ai.response.providerMetadata'
const anthropic = `${metadata}.anthropic.usage`

/** The AI SDK from 5 on, by the scope `ai`, and `@ai-sdk/otel` by the scope `gen_ai`: https://ai-sdk.dev/docs/ai-sdk-core/telemetry */
export const vercelAi: Dialect = {
  scopes: /^(?:ai|gen_ai)$/,
  marks: ['ai.operationId'],
  readKind,
  names: {
    cacheWrite: [`${anthropic}.cache_creation_input_tokens`, `${metadata}.bedrock.usage.cacheWriteInputTokens`],
    cacheWrite5m: [`${anthropic}.cache_creation.ephemeral_5m_input_tokens`],
    cacheWrite1h: [`${anthropic}.cache_creation.ephemeral_1h_input_tokens`],
    input: ['ai.usage.input_tokens'],
    output: ['ai.usage.output_tokens'],
    total: ['ai.usage.total_tokens'],
    audioIn: ['ai.usage.input_token_details.audio_tokens', 'gen_ai.usage.input_token_details.audio_tokens'],
  },
  unpack,
  findRules,
}

function readKind(span: SpanSignal): CallKind | null {
  const { attributes } = span
  const operation = leaves.get(attributes['ai.operationId']) ?? leaves.get(attributes[genAi.operationName])
  if (operation === 'chat' && /\.responses$/.test(String(attributes['ai.model.provider']))) return leafOf('responses')
  if (operation !== undefined) return leafOf(operation)
  if (attributes['ai.operationId'] !== undefined) return null
  const kind = readConventionKind(span)
  // Of two spans around one embedding, the inner one tells its use.
  return kind?.operation === 'embeddings' && !tellsUse(attributes) ? null : kind
}

function unpack(attributes: Attributes): Attributes {
  const isStream = /\.doStream$/.test(String(attributes['ai.operationId']))
  return Object.assign(unpackMembers(attributes, metadata, `${metadata}.`), isStream ? { [genAi.requestStream]: true } : {})
}

/** Up to version 5 it passed on what Anthropic and Bedrock tell, where the input is what the cache did not hold. */
function findRules({ attributes, provider }: RuleFacts) {
  const raw = readCount(attributes, `${anthropic}.input_tokens`)
  const input = firstCount(attributes, [genAi.inputTokens, 'ai.usage.inputTokens'])
  if (raw !== null && input !== null) return { cache: raw === input ? ('beside' as const) : ('inside' as const) }
  return isVersion5(attributes) && excludes(provider, attributes) ? { cache: 'beside' as const } : {}
}

const textSpans: ReadonlySet<unknown> = new Set(['ai.generateText.doGenerate', 'ai.streamText.doStream'])

const isVersion5 = (attributes: Attributes): boolean =>
  textSpans.has(attributes['ai.operationId']) &&
  !Object.keys(attributes).some((name) => name.startsWith('ai.usage.inputTokenDetails.') || name.startsWith('ai.usage.outputTokenDetails.'))

const excludes = (provider: string, attributes: Attributes): boolean =>
  provider === 'anthropic' || provider === 'bedrock' || (provider === 'vertex' && /claude/.test(String(attributes[genAi.requestModel])))
