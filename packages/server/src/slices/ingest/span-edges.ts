import type { SpanEdge } from '../usage/service'
import { dialects } from './dialects/registry'
import { isSpanId, isTraceId, type SpanSignal } from './otlp/signal'

const maximumEdges = 2_000
const names = /^(?:gen_ai|ai|llm|openinference|traceloop|langfuse|langsmith)\./
/** Known for models, but they write the spans of everything else too. */
const wideScopes = /^(?:@?sentry|logfire\.)/

/** Whether an instrumentation of models wrote a span, though it tells of no call: a chain, an agent, a tool. */
export function isAboutModels({ scope, attributes }: SpanSignal): boolean {
  for (const name in attributes) if (names.test(name)) return true
  return !wideScopes.test(scope.name) && dialects.some(({ scopes }) => scopes?.test(scope.name))
}

export function toSpanEdge({ traceId, spanId, parentSpanId }: SpanSignal): SpanEdge | null {
  if (parentSpanId === null || !isTraceId(traceId) || !isSpanId(spanId) || !isSpanId(parentSpanId)) return null
  return { traceId, spanId, parentSpanId, isNear: false }
}

/** As many as are kept, first those of these traces. */
export function keepEdges(edges: readonly SpanEdge[], nearTraces: ReadonlySet<string>): SpanEdge[] {
  const { near = [], far = [] } = Object.groupBy(edges, ({ traceId }) => (nearTraces.has(traceId) ? 'near' : 'far'))
  return [...near.map((edge) => ({ ...edge, isNear: true })), ...far].slice(0, maximumEdges)
}
