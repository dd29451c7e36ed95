import type { OperationKind } from '@keylease/shared/providers/operation'
import { genAi } from '@keylease/shared/semconv'
import type { SpanSignal } from '../otlp/signal'
import type { CallKind, Dialect } from './dialect'
import { leafOf, readConventionKind } from './kinds'

/** Its call types; each has a twin with `a` before it that runs asynchronously. */
const callTypes: ReadonlyMap<string, OperationKind> = new Map([
  ['completion', 'chat'],
  ['anthropic_messages', 'chat'],
  ['generate_content', 'chat'],
  ['generate_content_stream', 'chat'],
  ['responses', 'responses'],
  ['text_completion', 'completion'],
  ['embedding', 'embeddings'],
  ['rerank', 'rerank'],
  ['image_generation', 'image'],
  ['image_edit', 'image'],
  ['speech', 'speech'],
  ['transcription', 'transcription'],
])

/** LiteLLM's own spans, of the library and of the proxy: https://docs.litellm.ai/docs/observability/opentelemetry_integration */
export const litellm: Dialect = {
  scopes: /^litellm/,
  marks: ['litellm.call_id'],
  readKind,
  names: {
    responseModel: [genAi.responseModel, 'litellm.provider.model'],
    cost: ['litellm.cost.total', 'gen_ai.cost.total_cost'],
    tags: ['litellm.request.tags', 'metadata.tags'],
  },
}

function readKind(span: SpanSignal): CallKind | null {
  // The request as it was sent on, below the span that has what it used.
  if (span.name === 'raw_gen_ai_request') return null
  const type = span.attributes['llm.request.type']
  const operation = typeof type === 'string' ? (callTypes.get(type) ?? callTypes.get(type.replace(/^a/, ''))) : undefined
  return operation === undefined ? readConventionKind(span) : leafOf(operation)
}
