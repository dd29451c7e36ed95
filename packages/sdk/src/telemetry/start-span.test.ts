import { type Context, context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeFacts, makeLease, makeRecord } from '../../test/calls'
import type { CallRecord } from '../ledger/record'
import { createStartSpan } from './start-span'
import { runUntraced } from './user-tracing'

const off = { telemetry: { recordInputs: false, recordOutputs: false, tracerProvider: null } }

function endWith(record: Partial<CallRecord> = {}): CallRecord {
  return makeRecord({ lease: makeLease(), sequence: 1, startedAtMs: 0 }, makeFacts(), record)
}

describe('without a tracer', () => {
  test('a call has ids of its own, of the right size, and no parent', () => {
    const startSpan = createStartSpan(off, () => ({ user: 'u-7' }))
    const spans = Array.from({ length: 100 }, () => startSpan('chat', () => 'gpt-5-mini'))
    for (const { ids, attribution } of spans) {
      expect(ids.traceId).toMatch(/^[0-9a-f]{32}$/)
      expect(ids.spanId).toMatch(/^[0-9a-f]{16}$/)
      expect(ids.parentSpanId).toBeNull()
      expect(attribution).toEqual({ user: 'u-7' })
    }
    expect(new Set(spans.map(({ ids }) => ids.spanId)).size).toBe(100)
    expect(spans[0]?.run(() => 42)).toBe(42)
    spans[0]?.end(endWith())
  })
})

interface EndedSpan {
  name: string
  kind: number
  status: { code: number; message?: string }
  attributes: Record<string, unknown>
  parentSpanContext?: { spanId: string }
  spanContext(): { traceId: string; spanId: string }
}

describe('with the tracer of the process', () => {
  const ended: EndedSpan[] = []
  const processor = {
    onStart: () => undefined,
    onEnd: (span: unknown) => void ended.push(span as EndedSpan), // the SDK's own span
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
  const sdk = new NodeSDK({ spanProcessors: [processor], autoDetectResources: false })
  beforeAll(() => sdk.start())
  afterAll(() => sdk.shutdown())
  beforeEach(() => ended.splice(0))

  const inSpan = <T>(name: string, work: (span: Span) => T): T =>
    trace.getTracer('user').startActiveSpan(name, (span) => {
      try {
        return work(span)
      } finally {
        span.end()
      }
    })

  test('a call is a span in the trace of the user, below the span that is active, and the record has its ids', () => {
    const startSpan = createStartSpan(off, () => ({}))
    const parent = inSpan('checkout', (span) => {
      const call = startSpan('chat', () => 'gpt-5-mini')
      expect(call.ids).toMatchObject({ traceId: span.spanContext().traceId, parentSpanId: span.spanContext().spanId })
      call.end(endWith())
      return { call, span }
    })
    expect(ended[0]).toMatchObject({ name: 'chat gpt-5-mini', kind: 2, status: { code: 0 } })
    expect(ended[0]?.spanContext()).toMatchObject({ traceId: parent.call.ids.traceId, spanId: parent.call.ids.spanId })
    expect(ended[0]?.parentSpanContext?.spanId).toBe(parent.span.spanContext().spanId)
    expect(ended[0]?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.response.finish_reasons': ['stop'],
      'keylease.lease.sequence': 1,
      'keylease.tags': ['checkout'],
    })
  })

  test('a call without an active span begins a trace', () => {
    const call = createStartSpan(off, () => ({}))('chat', () => null)
    expect(call.ids.parentSpanId).toBeNull()
    call.end(endWith())
    expect(ended[0]?.name).toBe('chat')
    expect(ended[0]?.spanContext().traceId).toBe(call.ids.traceId)
  })

  test('a call that failed says so', () => {
    const call = createStartSpan(off, () => ({}))('chat', () => 'm')
    call.end(endWith({ status: 'error', errorType: 'server_error' }))
    expect(ended[0]?.status).toEqual({ code: 2, message: 'server_error' })
  })

  test('what its sending starts lies below it, also after it waited', async () => {
    const call = createStartSpan(off, () => ({}))('chat', () => 'm')
    await call.run(async () => {
      await Promise.resolve()
      inSpan('POST', () => undefined)
    })
    call.end(endWith())
    expect(ended.map(({ name, parentSpanContext }) => [name, parentSpanContext?.spanId ?? null])).toEqual([
      ['POST', call.ids.spanId],
      ['chat m', null],
    ])
  })

  test('a span that is not sampled gives its ids all the same', () => {
    const unsampled = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 }
    const call = context.with(trace.setSpanContext(ROOT_CONTEXT, unsampled), () => createStartSpan(off, () => ({}))('chat', () => 'm'))
    expect(call.ids).toMatchObject({ traceId: unsampled.traceId, parentSpanId: unsampled.spanId })
    expect(call.ids.spanId).not.toBe(unsampled.spanId)
    call.end(endWith())
    expect(ended).toHaveLength(0)
  })

  test('the tracer that the user names is asked before that of the process', () => {
    const names: string[] = []
    const tracerProvider = {
      getTracer: (name: string) => {
        names.push(name)
        return trace.getTracer('other')
      },
    }
    const call = createStartSpan({ telemetry: { ...off.telemetry, tracerProvider } }, () => ({}))('chat', () => 'm')
    call.end(endWith())
    expect(names).toEqual(['@keylease/sdk'])
    expect(ended).toHaveLength(1)
  })

  test('a tracer that records nothing lends its trace, and no two calls share an id', () => {
    const parent = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 1 }
    const getTracer = () => ({ startSpan: (_: string, _options: object, at: Context) => trace.getSpan(at) })
    const startSpan = createStartSpan({ telemetry: { ...off.telemetry, tracerProvider: { getTracer } } }, () => ({}))
    const calls = context.with(trace.setSpanContext(ROOT_CONTEXT, parent), () => [
      startSpan('chat', () => null),
      startSpan('chat', () => null),
    ])
    for (const { ids } of calls) expect(ids).toMatchObject({ traceId: parent.traceId, parentSpanId: parent.spanId })
    expect(new Set([parent.spanId, ...calls.map(({ ids }) => ids.spanId)]).size).toBe(3)
  })

  test('what we send for ourselves is not in the trace', () => {
    inSpan('checkout', () => runUntraced(() => createStartSpan(off, () => ({}))('chat', () => 'm').end(endWith())))
    expect(ended.map(({ name }) => name)).toEqual(['checkout'])
  })

  test('bodies are in the span only where they were asked for, whole characters up to a limit', () => {
    const record = (telemetry: { recordInputs: boolean; recordOutputs: boolean }) => {
      const call = createStartSpan({ telemetry: { ...off.telemetry, ...telemetry } }, () => ({}))('chat', () => 'm')
      const pushed: string[] = []
      const reading = endWith().reading
      const reader = call.content.output({ push: (piece) => void pushed.push(new TextDecoder().decode(piece)), end: () => reading })
      call.content.input(new TextEncoder().encode('{"ask":1}'))
      reader.push(new TextEncoder().encode('{"answer":2}'))
      reader.push(new TextEncoder().encode('é'.repeat(40_000)))
      expect(reader.end('complete')).toBe(reading)
      expect(pushed).toEqual(['{"answer":2}', 'é'.repeat(40_000)])
      call.end(endWith())
      const { 'keylease.request.body': input, 'keylease.response.body': output } = ended.at(-1)?.attributes ?? {}
      return { input, output }
    }
    expect(record({ recordInputs: false, recordOutputs: false })).toEqual({})
    expect(record({ recordInputs: true, recordOutputs: false })).toEqual({ input: '{"ask":1}' })
    expect(record({ recordInputs: false, recordOutputs: true })).toEqual({ output: `{"answer":2}${'é'.repeat(32_762)}` })
  })
})

test('a span is ended once, however often it is asked to', () => {
  const told: string[] = []
  const span = {
    spanContext: () => ({ traceId: '', spanId: '' }),
    setAttributes: () => told.push('attributes'),
    setStatus: () => told.push('status'),
    end: () => told.push('end'),
  }
  const tracerProvider = { getTracer: () => ({ startSpan: () => span }) }
  const call = createStartSpan({ telemetry: { ...off.telemetry, tracerProvider } }, () => ({}))('chat', () => 'm')
  call.end(endWith({ status: 'error' }))
  call.end(endWith())
  expect(told).toEqual(['attributes', 'status', 'end'])
})
