import type { UsageClass } from './pricing/vector'

/**
 * Attribute names of the OpenTelemetry semantic conventions for generative AI, as written by
 * open-telemetry/semantic-conventions-genai at commit 4a39b6ef. All of them are of stability Development.
 */
export const genAi = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestStream: 'gen_ai.request.stream',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  conversationId: 'gen_ai.conversation.id',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_write.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
} as const

/** General conventions that a call carries too. */
export const general = {
  errorType: 'error.type',
  statusCode: 'http.response.status_code',
  serverAddress: 'server.address',
  userId: 'user.id',
} as const

/** What Keylease says itself, exactly: a leased call is read from these alone. */
export const keylease = {
  leaseId: 'keylease.lease.id',
  sequence: 'keylease.lease.sequence',
  provider: 'keylease.provider',
  operation: 'keylease.operation',
  endpoint: 'keylease.endpoint',
  region: 'keylease.region',
  status: 'keylease.status',
  quality: 'keylease.usage.quality',
  mismatch: 'keylease.usage.mismatch',
  raw: 'keylease.usage.raw',
  imageTokensIn: 'keylease.usage.image_tokens.input',
  imageTokensOut: 'keylease.usage.image_tokens.output',
  textCharacters: 'keylease.output.characters',
  reasoningCharacters: 'keylease.output.reasoning_characters',
  serviceTier: 'keylease.service_tier',
  reportedNanos: 'keylease.cost.reported_nanos',
  end: 'keylease.answer.end',
  maxInputTokens: 'keylease.request.max_input_tokens',
  /** Filled in where the request said none. */
  filledMaxOutputTokens: 'keylease.request.max_output_tokens.filled',
  billsOnDisconnect: 'keylease.bills_on_disconnect',
  tags: 'keylease.tags',
  /** How far the clock of the sender is behind the service's, as it was measured at its last lease. */
  clockOffsetMs: 'keylease.clock.offset_ms',
} as const

export const usageAttributes: Record<UsageClass, string> = {
  inputUncached: 'keylease.usage.input_uncached',
  cacheRead: 'keylease.usage.cache_read',
  cacheWrite5m: 'keylease.usage.cache_write_5m',
  cacheWrite1h: 'keylease.usage.cache_write_1h',
  outputText: 'keylease.usage.output_text',
  reasoning: 'keylease.usage.reasoning',
  audioIn: 'keylease.usage.audio_in',
  audioOut: 'keylease.usage.audio_out',
  images: 'keylease.usage.images',
  requests: 'keylease.usage.requests',
  searches: 'keylease.usage.searches',
  seconds: 'keylease.usage.seconds',
  characters: 'keylease.usage.characters',
}

/** What the conventions call a provider of ours; one that is not here goes by its own id. */
const conventionNames: Readonly<Record<string, string>> = {
  google: 'gcp.gemini',
  vertex: 'gcp.vertex_ai',
  bedrock: 'aws.bedrock',
  azure: 'azure.ai.openai',
  mistral: 'mistral_ai',
  xai: 'x_ai',
}

export const toConventionName = (provider: string): string => conventionNames[provider] ?? provider
