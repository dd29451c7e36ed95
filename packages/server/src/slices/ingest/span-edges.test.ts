import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { emptyAttributes, emptyScope, type SpanSignal } from './otlp/signal'
import { isAboutModels, keepEdges, toSpanEdge } from './span-edges'

const toSpan = (rest: Partial<SpanSignal> = {}): SpanSignal => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
  parentSpanId: randomBytes(8).toString('hex'),
  name: 'GET',
  kind: 3,
  startMs: 1,
  endMs: 2,
  attributes: emptyAttributes,
  statusCode: 0,
  statusMessage: '',
  events: [],
  resource: emptyAttributes,
  scope: emptyScope,
  ...rest,
})

test.each([
  ['a name that instrumentations of models write', { attributes: { 'http.route': '/', 'gen_ai.tool.name': 'search' } }, true],
  ['a scope of theirs', { scope: { name: 'openinference.instrumentation.langchain', version: '1' } }, true],
  [
    'neither',
    { attributes: { 'http.route': '/', 'db.ai.': 1 }, scope: { name: '@opentelemetry/instrumentation-http', version: '' } },
    false,
  ],
  ['a scope that tells of everything', { scope: { name: 'logfire.httpx', version: '4' } }, false],
])('a span with %s', (_, rest, expected) => expect(isAboutModels(toSpan(rest))).toBe(expected))

test('of too many spans those of traces about models are kept first', () => {
  const edges = Array.from({ length: 2_500 }, () => toSpanEdge(toSpan()) ?? [])
  const near = edges.flat().slice(-3)
  const kept = keepEdges(edges.flat(), new Set(near.map(({ traceId }) => traceId)))
  expect([kept.length, kept.filter(({ isNear }) => isNear).map(({ spanId }) => spanId)]).toEqual([2_000, near.map(({ spanId }) => spanId)])
})

test('a span at the root of its trace, or without valid ids, is between no two others', () => {
  expect(toSpanEdge(toSpan({ parentSpanId: null }))).toBeNull()
  expect(toSpanEdge(toSpan({ traceId: '0'.repeat(32) }))).toBeNull()
  expect(toSpanEdge(toSpan({ parentSpanId: '0'.repeat(16) }))).toBeNull()
})
