import type { OperationKind } from '@keylease/shared/providers/operation'
import type { SpanSignal } from '../otlp/signal'
import type { CallKind, Dialect } from './dialect'
import { leafOf, readConventionKind } from './kinds'

/** What it calls its spans of single calls; agents, tools and pipelines have other names. */
const operations: ReadonlyMap<unknown, OperationKind> = new Map<unknown, OperationKind>([
  ['gen_ai.chat', 'chat'],
  ['gen_ai.messages', 'chat'],
  ['gen_ai.generate_content', 'chat'],
  ['gen_ai.generate_text', 'chat'],
  ['gen_ai.stream_text', 'chat'],
  ['gen_ai.generate_object', 'chat'],
  ['gen_ai.stream_object', 'chat'],
  ['gen_ai.responses', 'responses'],
  ['gen_ai.text_completion', 'completion'],
  ['gen_ai.embeddings', 'embeddings'],
  ['gen_ai.embed', 'embeddings'],
  ['gen_ai.rerank', 'rerank'],
])

/** Sentry's SDKs: https://docs.sentry.io/product/insights/ai/agents */
export const sentry: Dialect = {
  scopes: /^@sentry\/|^sentry/,
  marks: ['sentry.op'],
  readKind,
}

function readKind(span: SpanSignal): CallKind | null {
  const operation = span.attributes['sentry.op']
  if (typeof operation !== 'string' || !operation.startsWith('gen_ai.')) return readConventionKind(span)
  const known = operations.get(operation)
  return known === undefined ? null : leafOf(known)
}
