import { genAi } from '@keylease/shared/semconv'
import type { SpanSignal } from '../otlp/signal'
import type { CallKind, Dialect } from './dialect'
import { readConventionKind, toLeaf } from './kinds'

/** Traceloop's instrumentations, in Python and JavaScript: https://github.com/traceloop/openllmetry */
export const openllmetry: Dialect = {
  scopes:
    /^@traceloop\/|^opentelemetry\.instrumentation\.(?:alephalpha|anthropic|bedrock|cohere|google_generativeai|groq|langchain|llamaindex|mistralai|ollama|openai|replicate|sagemaker|together|transformers|vertexai|watsonx|writer)(?:\.|$)|^traceloop\.tracer$/,
  marks: ['traceloop.span.kind'],
  readKind,
  countsItself,
  names: { finishReason: ['gen_ai.completion.0.finish_reason'] },
  // Converse tells what Bedrock tells, where what the cache holds is beside the input.
  findRules: ({ name, scope }) => (scope.name.includes('bedrock') && name.includes('converse') ? { cache: 'beside' } : {}),
}

/** Workflows, tasks, agents and tools have a kind of their own. */
function readKind(span: SpanSignal): CallKind | null {
  const { attributes } = span
  if (attributes['traceloop.span.kind'] !== undefined) return null
  return attributes[genAi.operationName] === undefined ? toLeaf(attributes['llm.request.type']) : readConventionKind(span)
}

/** In JavaScript it counts the words of a streamed chat by itself, and nothing tells a stream from an answer but Responses, which it passes on. */
function countsItself({ scope, attributes }: SpanSignal): boolean {
  return scope.name === '@traceloop/instrumentation-openai' && !/^resp_/.test(String(attributes[genAi.responseId]))
}
