import type { Attributes } from '../otlp/signal'
import type { CallKind, Dialect } from './dialect'
import { unpackMembers } from './json-attributes'
import { leafOf } from './kinds'

const kinds: ReadonlyMap<unknown, CallKind> = new Map<unknown, CallKind>([
  ['llm', leafOf('chat')],
  ['embedding', leafOf('embeddings')],
])

const whole = 'langsmith.usage_metadata'
const input = ['gen_ai.usage.input_token_details', `${whole}.input_token_details`]
const output = ['gen_ai.usage.output_token_details', `${whole}.output_token_details`]
const parts = (objects: readonly string[], name: string) => objects.map((object) => `${object}.${name}`)

/** LangSmith's OpenTelemetry export of LangChain runs: https://docs.langchain.com/langsmith/trace-with-opentelemetry */
export const langsmith: Dialect = {
  scopes: /^langsmith/,
  marks: ['langsmith.span.kind'],
  readKind: ({ attributes }) => kinds.get(attributes['langsmith.span.kind']) ?? null,
  names: {
    provider: ['langsmith.metadata.ls_provider'],
    requestModel: ['gen_ai.request.model', 'langsmith.metadata.ls_model_name'],
    input: ['gen_ai.usage.input_tokens', `${whole}.input_tokens`],
    output: ['gen_ai.usage.output_tokens', `${whole}.output_tokens`],
    total: ['gen_ai.usage.total_tokens', `${whole}.total_tokens`],
    cacheRead: parts(input, 'cache_read'),
    cacheWrite: parts(input, 'cache_creation'),
    cacheWrite5m: parts(input, 'ephemeral_5m_input_tokens'),
    cacheWrite1h: parts(input, 'ephemeral_1h_input_tokens'),
    audioIn: parts(input, 'audio'),
    reasoning: parts(output, 'reasoning'),
    audioOut: parts(output, 'audio'),
    isStream: ['langsmith.request.streaming'],
  },
  unpack: (attributes: Attributes): Attributes =>
    Object.assign(
      unpackMembers(attributes, whole, `${whole}.`),
      unpackMembers(attributes, 'gen_ai.usage.input_token_details', 'gen_ai.usage.input_token_details.'),
      unpackMembers(attributes, 'gen_ai.usage.output_token_details', 'gen_ai.usage.output_token_details.'),
    ),
}
