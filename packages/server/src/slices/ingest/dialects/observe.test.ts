import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { testSize } from '../../../../test/size'
import type { Attributes, LogSignal, SpanSignal } from '../otlp/signal'
import type { ObservedCall } from './call'
import { sharedNames } from './names'
import { readObservedLog, readObservedSpan } from './observe'
import { dialects } from './registry'

const bare = (values: Record<string, unknown>): Attributes => Object.assign(Object.create(null), values)

const span = (attributes: Record<string, unknown>, rest: Partial<SpanSignal> = {}): SpanSignal => ({
  traceId: '01'.repeat(16),
  spanId: '02'.repeat(8),
  parentSpanId: null,
  name: 'chat',
  kind: 3,
  startMs: 1_763_740_800_000,
  endMs: 1_763_740_801_000,
  attributes: bare(attributes),
  statusCode: 0,
  statusMessage: '',
  events: [],
  resource: bare({ 'service.name': 'bot' }),
  scope: { name: 'test', version: '' },
  ...rest,
})

const record = (attributes: Record<string, unknown>, rest: Partial<LogSignal> = {}): LogSignal => ({
  traceId: '',
  spanId: '',
  timeMs: 1_763_740_800_000,
  name: 'claude_code.api_request',
  body: '',
  attributes: bare(attributes),
  resource: bare({}),
  scope: { name: 'com.anthropic.claude_code.events', version: '' },
  ...rest,
})

const chat = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5',
  'gen_ai.usage.input_tokens': 10,
  'gen_ai.usage.output_tokens': 5,
}

function readCall(one: SpanSignal | LogSignal): ObservedCall {
  const call = 'kind' in one ? readObservedSpan(one) : readObservedLog(one)
  if (call === null || call === 'malformed') throw new Error(`this is ${call}`)
  return call
}

describe('hostile input', () => {
  const names = [
    ...Object.values(sharedNames).flat(),
    ...dialects.flatMap(({ marks, names: own }) => [...marks, ...Object.values(own ?? {}).flat()]),
    '__proto__',
    'constructor',
    'toString',
    'gen_ai.operation.name',
    'ai.response.providerMetadata',
    'langfuse.observation.usage_details',
  ]
  const words = [
    'chat',
    'LLM',
    'generation',
    'gen_ai.chat',
    'ai.streamText.doStream',
    '{"__proto__":{"input":1}}',
    '[1]',
    '-1',
    '1e30',
    '\u0000a',
  ]
  const value: fc.Arbitrary<unknown> = fc.oneof(
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(...words),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.json(),
  )
  const scopes = ['ai', 'litellm', 'langfuse-sdk', 'pydantic-ai', 'gcp.vertex.agent', 'openinference.x', '@traceloop/x', 'x']

  test('random attributes never throw and give no count below zero or beyond what is safe', () => {
    const attributes = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 20 })
    fc.assert(
      fc.property(attributes, fc.constantFrom(...scopes), fc.double(), (pairs, scope, endMs) => {
        const own: Record<string, unknown> = Object.create(null)
        for (const [name, one] of pairs) own[name] = one
        const call = readObservedSpan(span(own, { scope: { name: scope, version: '1' }, endMs: endMs > 0 ? endMs : 1 }))
        if (call === null || call === 'malformed') return
        for (const count of Object.values(call.reading.vector)) expect(count >= 0 && count <= 2 ** 42).toBe(true)
        expect(call.occurredAt.toISOString()).toBeTruthy()
        const nanos = call.reading.reportedNanos ?? 0n
        expect(nanos >= 0n && nanos < 2n ** 63n).toBe(true)
        expect(JSON.stringify([call.provider, call.tags, [...call.attribution], call.reading.model])).not.toContain('\\u0000')
        expect(call.provider).toMatch(/^[a-z0-9._-]{1,60}$/)
      }),
      { numRuns: testSize(2_000, 200_000) },
    )
  })

  test('names of JavaScript objects are data like any other', () => {
    const own = JSON.parse('{"__proto__":"x","constructor":"y","hasOwnProperty":"z"}')
    const { attribution } = readCall(span({ ...chat, ...Object.fromEntries(Object.entries(own)) }, {}))
    expect(attribution.get('constructor')).toBe('y')
    expect(attribution.get('hasOwnProperty')).toBe('z')
    expect(Object.hasOwn({}, 'x')).toBe(false)
  })

  test.each([
    ['a span without a trace', span(chat, { traceId: '0'.repeat(32) })],
    ['a span without an id', span(chat, { spanId: '' })],
    ['a span without a time', span(chat, { startMs: 0, endMs: 0 })],
    ['a span that ends beyond all time', span(chat, { endMs: 1e18 })],
  ])('%s that tells of a call is malformed', (_, one) => {
    expect(readObservedSpan(one)).toBe('malformed')
  })

  test('a key of a provider is cut wherever it stands', () => {
    const key = `sk-proj-${'a'.repeat(40)}`
    const call = readCall(
      span({
        ...chat,
        'gen_ai.request.model': key,
        'user.id': key,
        'error.type': key,
        'langfuse.trace.tags': [key],
        'gen_ai.response.id': key,
        note: key,
      }),
    )
    expect(JSON.stringify([call, [...call.attribution]], (_, one) => (typeof one === 'bigint' ? String(one) : one))).not.toContain(
      'aaaaaaaaaaaa',
    )
  })
})

test('the request that LiteLLM sent on is no call beside the one above it, whatever it carries', () => {
  const one = span({ ...chat, 'llm.request.type': 'acompletion' }, { scope: { name: 'litellm', version: '' } })
  expect(readObservedSpan(one)).not.toBeNull()
  expect(readObservedSpan({ ...one, name: 'raw_gen_ai_request' })).toBeNull()
})

describe('whose a call is', () => {
  test('the span says it before its resource, in short texts alone', () => {
    const own = { ...chat, 'service.name': 'inner', 'metadata.team': 'search', long: 'x'.repeat(201), ['n'.repeat(101)]: 'x', number: 5 }
    const { attribution } = readCall(span(own, { resource: bare({ 'service.name': 'outer', 'deployment.environment.name': 'prod' }) }))
    expect(attribution.get('service.name')).toBe('inner')
    expect(attribution.get('deployment.environment.name')).toBe('prod')
    expect(attribution.get('metadata.team')).toBe('search')
    expect([...attribution.keys()].some((name) => name === 'long' || name === 'number' || name.length > 100)).toBe(false)
  })

  test('at most 64 names are kept, those of the resource first', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`label.${i}`, 'x']))
    const { attribution } = readCall(span({ ...many, ...chat }, { resource: bare({ 'service.name': 'bot', 'team.id': 't' }) }))
    expect(attribution.size).toBe(64)
    expect(attribution.get('team.id')).toBe('t')
  })

  test.each([
    'gen_ai.input.messages',
    'gen_ai.output.messages',
    'gen_ai.system_instructions',
    'gen_ai.prompt.0.content',
    'gen_ai.completion.0.content',
    'gen_ai.tool.call.arguments',
    'llm.input_messages.0.message.content',
    'llm.prompts',
    'input.value',
    'output.value',
    'ai.prompt.messages',
    'ai.response.text',
    'ai.response.object',
    'ai.toolCall.args',
    'traceloop.entity.input',
    'langfuse.observation.input',
    'gcp.vertex.agent.llm_request',
    'all_messages_json',
    'response_text',
    'prompt',
    'url.full',
    'http.request.header.authorization',
    'db.query.text',
    'process.command_line',
  ])('%s is content, and never kept', (name) => {
    expect(readCall(span({ ...chat, [name]: 'words' })).attribution.has(name)).toBe(false)
  })
})

describe('a log record', () => {
  const request = { model: 'claude-sonnet-4-5', input_tokens: '10', output_tokens: '5', cache_read_tokens: '100', request_id: 'req_1' }
  const digestOf = (one: LogSignal) => {
    const { identity } = readCall(one)
    return identity.kind === 'record' ? identity.digest : null
  }

  test('that is sent again is the same call by its request, whatever else it says', () => {
    expect(digestOf(record(request))).toBe(digestOf(record({ ...request, duration_ms: 5 }, { timeMs: 1_763_740_900_000 })))
    expect(digestOf(record(request))).not.toBe(digestOf(record({ ...request, request_id: 'req_2' })))
  })

  test('without a request is what it says, in any order, with its time', () => {
    const { request_id: _, ...rest } = request
    const turned = Object.fromEntries(Object.entries(rest).reverse())
    expect(digestOf(record(rest))).toBe(digestOf(record(turned)))
    expect(digestOf(record(rest))).not.toBe(digestOf(record(rest, { timeMs: 1_763_740_800_001 })))
    expect(digestOf(record(rest))).not.toBe(digestOf(record({ ...rest, output_tokens: '6' })))
  })

  test('of another program that has the same event name is none', () => {
    expect(readObservedLog(record(request, { name: 'api_request', scope: { name: 'my-service', version: '' } }))).toBeNull()
    expect(
      readObservedLog(record(request, { name: 'api_request', body: 'claude_code.api_request', scope: { name: '', version: '' } })),
    ).not.toBeNull()
  })
})

describe('what a call cost', () => {
  const costOf = (value: unknown) => readCall(span({ ...chat, 'gen_ai.usage.cost': value })).reading.reportedNanos

  test.each([
    [0.1, 100_000_000n],
    [0.000_000_001, 1n],
    ['0.0357', 35_700_000n],
    [5e-7, 500n],
    [0.1 + 0.2, 300_000_000n],
  ])('%s dollars are %s nano-dollars', (dollars, nanos) => {
    expect(costOf(dollars)).toBe(nanos)
  })

  test.each([-1, 0, Number.NaN, Number.POSITIVE_INFINITY, 'free', 2_000_000, true, ''])('%s is no cost', (value) => {
    expect(costOf(value)).toBeNull()
  })
})
