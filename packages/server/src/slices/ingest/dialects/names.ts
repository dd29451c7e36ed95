import { genAi, general } from '@keylease/shared/semconv'
import type { Names } from './dialect'

const usage = (...names: string[]) => names.map((name) => `gen_ai.usage.${name}`)
const details = (...names: string[]) => names.map((name) => `llm.token_count.${name}`)

/** The names of all dialects, field by field: conventions of now, then those before them, then those of single libraries. */
export const sharedNames: Names = {
  provider: [genAi.providerName, 'gen_ai.system', 'llm.provider', 'llm.system', 'ai.model.provider', 'llm.vendor'],
  requestModel: [genAi.requestModel, 'llm.request.model_name', 'llm.request.model', 'ai.model.id', 'llm.model_name', 'model'],
  responseModel: [genAi.responseModel, 'llm.response.model_name', 'llm.response.model', 'ai.response.model', 'llm.model_name'],
  responseId: [genAi.responseId, 'ai.response.id', 'llm.response.id', 'litellm.call_id', 'litellm.call.id'],
  input: [
    ...usage('input_tokens', 'prompt_tokens'),
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'ai.usage.tokens',
    ...details('prompt'),
    'llm.usage.prompt_tokens',
  ],
  output: [
    ...usage('output_tokens', 'completion_tokens'),
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
    ...details('completion'),
    'llm.usage.completion_tokens',
  ],
  cacheRead: [
    ...usage(
      'cache_read.input_tokens',
      'cache_read_input_tokens',
      'input_tokens.cached',
      'input_cached_tokens',
      'cache_read_tokens',
      'details.cache_read_tokens',
      'details.cache_read_input_tokens',
      'prompt_tokens_details.cached_tokens',
      'input_tokens_details.cached_tokens',
    ),
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
    ...details('prompt_details.cache_read'),
  ],
  cacheWrite: [
    ...usage(
      'cache_write.input_tokens',
      'cache_creation.input_tokens',
      'cache_creation_input_tokens',
      'cache_write_input_tokens',
      'input_tokens.cache_write',
      'cache_write_tokens',
      'details.cache_write_tokens',
      'details.cache_creation_input_tokens',
    ),
    'ai.usage.inputTokenDetails.cacheWriteTokens',
    ...details('prompt_details.cache_write'),
  ],
  cacheWrite5m: [],
  cacheWrite1h: [],
  reasoning: [
    ...usage(
      'reasoning.output_tokens',
      'reasoning_tokens',
      'output_tokens.reasoning',
      'experimental.reasoning_tokens',
      'details.reasoning_tokens',
      'completion_tokens_details.reasoning_tokens',
    ),
    'ai.usage.outputTokenDetails.reasoningTokens',
    'ai.usage.reasoningTokens',
    'llm.usage.reasoning_tokens',
    ...details('completion_details.reasoning'),
  ],
  audioIn: [
    ...usage('audio.input_tokens', 'details.input_audio_tokens', 'input_token_details.audio_tokens'),
    ...details('prompt_details.audio'),
  ],
  audioCached: usage('audio.cache_read.input_tokens', 'details.cache_audio_read_tokens'),
  audioOut: [...usage('audio.output_tokens', 'details.output_audio_tokens'), ...details('completion_details.audio')],
  imageIn: usage('image.input_tokens'),
  imageOut: usage('image.output_tokens'),
  total: [...usage('total_tokens'), 'llm.usage.total_tokens', 'ai.usage.totalTokens', ...details('total')],
  toolInput: [],
  seconds: usage('seconds', 'audio_seconds', 'duration_seconds').concat('ai.usage.seconds'),
  characters: usage('characters').concat('ai.usage.characters'),
  cost: [
    ...usage('cost.amount', 'cost', 'cost_usd', 'total_cost'),
    'litellm.cost.total',
    'gen_ai.cost.total_cost',
    'operation.cost',
    'llm.cost.total',
  ],
  firstTokenSeconds: [genAi.timeToFirstChunk, 'gen_ai.client.operation.time_to_first_chunk'],
  firstTokenMs: ['ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk'],
  firstTokenAt: [],
  isStream: [genAi.requestStream, 'litellm.request.streaming', 'gen_ai.is_streaming', 'llm.is_streaming'],
  conversation: [
    genAi.conversationId,
    'session.id',
    'langfuse.session.id',
    'ai.telemetry.metadata.sessionId',
    'traceloop.association.properties.session_id',
    'traceloop.association.properties.conversation_id',
    'gcp.vertex.agent.session_id',
    'langsmith.metadata.thread_id',
    'langsmith.metadata.session_id',
  ],
  endUser: [
    general.userId,
    'enduser.id',
    'langfuse.user.id',
    'ai.telemetry.metadata.userId',
    'gen_ai.user',
    'llm.user',
    'litellm.end_user.id',
    'metadata.user_api_key_end_user_id',
    'traceloop.association.properties.user_id',
  ],
  tags: ['langfuse.trace.tags', 'ai.telemetry.metadata.tags', 'tag.tags', 'langsmith.span.tags'],
  finishReason: [
    genAi.finishReasons,
    'gen_ai.response.finish_reason',
    'ai.response.finishReason',
    'llm.finish_reason',
    'llm.response.finish_reason',
  ],
  errorType: [general.errorType, 'litellm.provider.error.code', 'exception.type'],
  serviceTier: [
    'openai.response.service_tier',
    'gen_ai.openai.response.service_tier',
    'gen_ai.response.service_tier',
    'gen_ai.request.service_tier',
    'openai.request.service_tier',
  ],
  httpStatus: [general.statusCode, 'http.status_code'],
  latencyMs: [],
  maxOutput: [genAi.requestMaxTokens, 'ai.settings.maxOutputTokens', 'ai.settings.maxTokens', 'llm.request.max_tokens'],
}

/** Dialects are few and constant: the names of each are merged once. */
const merged = new WeakMap<Partial<Names>, Names>([[sharedNames, sharedNames]])

export function mergeNames(own: Partial<Names>): Names {
  const known = merged.get(own)
  if (known) return known
  const names = { ...sharedNames }
  for (const field of Object.keys(own) as (keyof Names)[]) names[field] = [...(own[field] ?? []), ...sharedNames[field]]
  merged.set(own, names)
  return names
}
