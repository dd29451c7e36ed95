import type { Attributes, SpanSignal } from '../otlp/signal'
import type { CallKind, Dialect } from './dialect'
import { unpackMembers } from './json-attributes'
import { leafOf } from './kinds'

const kinds: ReadonlyMap<unknown, CallKind> = new Map<unknown, CallKind>([
  ['LLM', leafOf('chat')],
  ['EMBEDDING', leafOf('embeddings')],
  ['RERANKER', leafOf('rerank')],
])

const request = 'llm.invocation_parameters'

/** Arize's conventions, for Phoenix and others: https://github.com/Arize-ai/openinference */
export const openinference: Dialect = {
  scopes: /^@arizeai\/|^openinference\./,
  marks: ['openinference.span.kind'],
  readKind: ({ attributes }: SpanSignal) => kinds.get(attributes['openinference.span.kind']) ?? null,
  names: {
    provider: ['llm.provider', 'llm.system'],
    requestModel: ['llm.model_name', 'embedding.model_name', 'reranker.model_name'],
    responseModel: ['llm.model_name', 'embedding.model_name', 'reranker.model_name'],
    cost: ['llm.cost.total'],
    isStream: ['llm.is_streaming', `${request}.stream`],
    maxOutput: [`${request}.max_completion_tokens`, `${request}.max_output_tokens`, `${request}.max_tokens`],
  },
  unpack: (attributes: Attributes): Attributes =>
    Object.assign(unpackMembers(attributes, 'metadata', 'metadata.'), unpackMembers(attributes, request, `${request}.`)),
  findRules: ({ scope }) => (/bedrock/.test(scope.name) ? { cache: 'beside' } : {}),
}
