import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toKeyValues, toLogs, toSpan, toTraces } from '../../../../test/otlp-spans'
import { toProtobuf } from '../../../../test/otlp-wire'
import { isContent } from './content'
import { readJsonLogs } from './json-logs'
import { countJsonMetrics } from './json-metrics'
import { readJsonTraces } from './json-traces'
import { readProtobufLogs } from './protobuf-logs'
import { countProtobufMetrics } from './protobuf-metrics'
import { readProtobufTraces } from './protobuf-traces'
import { cutText, type LogSignal, MalformedOtlp, otlpLimits, type SpanSignal } from './signal'

type Read<Signal> = (body: Buffer, visit: (signal: Signal) => void) => void
const readAll = <Signal>(read: Read<Signal>, body: Buffer): Signal[] => {
  const signals: Signal[] = []
  read(body, (signal) => signals.push(signal))
  return signals
}
/** Attributes may be named `constructor`, which the matchers of the runner take for a class. */
const expectSame = (actual: unknown, expected: unknown) =>
  expect(isDeepStrictEqual(actual, expected), JSON.stringify([actual, expected])).toBe(true)
const toJson = (request: object) => Buffer.from(JSON.stringify(request))
const readSpans = (request: object): SpanSignal[] => {
  const spans = readAll(readProtobufTraces, toProtobuf('traces', request))
  expectSame(readAll(readJsonTraces, toJson(request)), spans)
  return spans
}
const readLogs = (request: object): LogSignal[] => {
  const logs = readAll(readProtobufLogs, toProtobuf('logs', request))
  expectSame(readAll(readJsonLogs, toJson(request)), logs)
  return logs
}
const readAttributes = (attributes: object[]) => readSpans(toTraces({ ...toSpan({}), attributes }))[0]?.attributes

const names = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'a', 'b', '', 'gen_ai.input.messages', 'toString'),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
)
const texts = fc.string({ unit: 'grapheme', maxLength: 40 })
const { any } = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.record({ stringValue: texts }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) }),
    fc.record({ doubleValue: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)) }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('any'), { maxLength: 4 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: fc.array(fc.record({ key: names, value: tie('any') }), { maxLength: 4 }) }) }),
    fc.constant({}),
  ),
}))
/** Values as they are sent, and what they say. */
const repeated: [object, unknown][] = [
  ...['', 'a', 'b', 'gpt-5-mini', 'é', '"\\', 'x'.repeat(32), 'x'.repeat(33), 'y'.repeat(200)].map((text): [object, unknown] => [
    { stringValue: text },
    text,
  ]),
  ...[0, 7, 200, 123_456_789_012_345, -5, Number.MAX_SAFE_INTEGER].map((number): [object, unknown] => [
    { intValue: String(number) },
    number,
  ]),
  [{ boolValue: true }, true],
  [{ boolValue: false }, false],
  [{ doubleValue: 0.5 }, 0.5],
  [{ arrayValue: { values: [{ stringValue: 'stop' }] } }, ['stop']],
  [{ arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } }, ['a', 'b']],
  [{ arrayValue: { values: [{ intValue: '1' }] } }, [1]],
]
const pairs = fc.array(fc.record({ key: names, value: any }), { maxLength: 8 })
const id = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'))
const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)

describe('protobuf and JSON', () => {
  test('of the same spans are read as the same', () => {
    const event = fc.record({ name: texts, attributes: pairs })
    const span = fc.record({
      traceId: id(16),
      spanId: id(8),
      parentSpanId: id(8),
      name: texts,
      kind: fc.nat(5),
      startTimeUnixNano: nanos,
      endTimeUnixNano: nanos,
      attributes: pairs,
      events: fc.array(event, { maxLength: 3 }),
      status: fc.record({ message: texts, code: fc.nat(2) }),
    })
    fc.assert(
      fc.property(fc.array(span, { maxLength: 4 }), (spans) => void readSpans(toTraces(...spans))),
      { numRuns: 200 },
    )
  })

  test('are read as what they say, however often it was said before', () => {
    const value = fc.constantFrom(...repeated)
    const attributes = fc.array(fc.tuple(fc.constantFrom('gen_ai.a', 'gen_ai.b', 'c', 'gen_ai.input.messages'), value), { maxLength: 5 })
    fc.assert(
      fc.property(fc.array(attributes, { minLength: 1, maxLength: 30 }), (told) => {
        const spans = readSpans(toTraces(...told.map((pairs) => ({ attributes: pairs.map(([key, [any]]) => ({ key, value: any })) }))))
        expectSame(
          spans.map((span) => ({ ...span.attributes })),
          told.map((pairs) => Object.fromEntries(pairs.toReversed().flatMap(([key, [, said]]) => (isContent(key) ? [] : [[key, said]])))),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('of the same log records are read as the same', () => {
    const log = fc.record({
      timeUnixNano: nanos,
      observedTimeUnixNano: nanos,
      body: any,
      attributes: pairs,
      traceId: id(16),
      spanId: id(8),
      eventName: texts,
    })
    fc.assert(
      fc.property(fc.array(log, { maxLength: 4 }), (records) => void readLogs(toLogs(...records))),
      { numRuns: 200 },
    )
  })

  test('of the same metrics hold the same number of points', () => {
    const dataPoints = [{ timeUnixNano: '1' }, { timeUnixNano: '2' }]
    const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']
    const metrics = kinds.map((kind) => ({ name: kind, [kind]: { dataPoints } }))
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [...metrics, { name: 'none' }] }] }] }
    expect([countProtobufMetrics(toProtobuf('metrics', request)), countJsonMetrics(toJson(request))]).toEqual([10, 10])
  })
})

describe('a time', () => {
  test('is exact in whole milliseconds and as near as a double comes below them', () => {
    fc.assert(
      fc.property(nanos, (text) => {
        const span = readSpans(toTraces({ ...toSpan({}), endTimeUnixNano: text }))[0]
        const exact = BigInt(text)
        expect(span?.endMs).toBe(Number(exact / 1_000_000n) + Number(exact % 1_000_000n) / 1e6)
      }),
    )
  })

  test('that is a number in JSON is taken as one, and ids in either case', () => {
    const [span] = readAll(readJsonTraces, toJson(toTraces({ traceId: 'AB'.repeat(16), spanId: 'Cd'.repeat(8), endTimeUnixNano: 5e15 })))
    expect(span).toMatchObject({ endMs: 5e9, startMs: 0, name: '', kind: 0 })
    expect([span?.traceId, span?.spanId]).toEqual(['ab'.repeat(16), 'cd'.repeat(8)])
  })

  test('of a log record that has none is when it was seen, and its name may stand in its attributes', () => {
    const [log] = readLogs(
      toLogs({ observedTimeUnixNano: '7000000', attributes: toKeyValues({ 'event.name': 'claude_code.api_request' }) }),
    )
    expect(log).toMatchObject({ timeMs: 7, name: 'claude_code.api_request', body: '' })
    const [named] = readLogs(
      toLogs({
        timeUnixNano: '9000000',
        eventName: 'mine',
        body: { stringValue: 'said' },
        attributes: toKeyValues({ 'event.name': 'other' }),
      }),
    )
    expect(named).toMatchObject({ timeMs: 9, name: 'mine', body: 'said' })
  })
})

describe('attributes', () => {
  test('keep the first of a name, and cut long names and texts without breaking a character', () => {
    const long = `${'x'.repeat(otlpLimits.nameBytes - 1)}éé`
    const attributes = readAttributes([
      ...toKeyValues({ [long]: `${'y'.repeat(otlpLimits.textBytes - 2)}€` }),
      ...toKeyValues({ a: 1 }),
      ...toKeyValues({ a: 2 }),
    ])
    expect(Object.keys(attributes ?? {})).toEqual(['x'.repeat(otlpLimits.nameBytes - 1), 'a'])
    expect(attributes).toMatchObject({ ['x'.repeat(otlpLimits.nameBytes - 1)]: 'y'.repeat(otlpLimits.textBytes - 2), a: 1 })
  })

  test('beyond what is kept, and deeper than is kept, are left out', () => {
    let deep: object = { stringValue: 'x' }
    for (let depth = 0; depth < 40; depth++) deep = depth % 2 === 0 ? { arrayValue: { values: [deep] } } : nest(deep)
    const attributes = readAttributes([
      { key: 'deep', value: deep },
      ...Array.from({ length: 400 }, (_, i) => ({ key: `a${i}`, value: { intValue: '1' } })),
    ])
    expect(Object.keys(attributes ?? {})).toHaveLength(otlpLimits.attributes)
    expect(depthOf(attributes?.['deep'])).toBeLessThanOrEqual(otlpLimits.depth)
  })

  test('that hold what was said are not read, in spans, events and log records', () => {
    const said = toKeyValues({
      'gen_ai.input.messages': 'canary',
      'gen_ai.prompt.0.content': 'canary',
      'llm.input_messages.3.message.x': 'canary',
    })
    const kept = toKeyValues({ 'gen_ai.usage.input_tokens': 3, 'keylease.usage.reasoning': 4, 'gen_ai.completion.0.finish_reason': 'stop' })
    const spans = readSpans(toTraces({ ...toSpan({}), attributes: [...said, ...kept], events: [{ name: 'e', attributes: said }] }))
    const logs = readLogs(toLogs({ attributes: [...said, ...kept] }))
    expect(JSON.stringify([spans, logs])).not.toContain('canary')
    for (const { attributes } of [...spans, ...logs]) expect(Object.keys(attributes)).toHaveLength(3)
    expect(['keylease.usage.raw', 'gen_ai.usage.reasoning.output_tokens', 'input.value'].map(isContent)).toEqual([false, false, true])
  })
})

const nest = (value: object) => ({ kvlistValue: { values: [{ key: 'k', value }] } })
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

describe('what is refused', () => {
  test.each([
    ['a body that ends inside a number', Buffer.from([0x0a, 0xff])],
    ['a field that is longer than its message', Buffer.from([0x0a, 0x05, 0x12])],
    ['a field without a number', Buffer.from([0x00, 0x00])],
    ['a number that never ends', Buffer.alloc(20, 0xff)],
    ['a wire type of long ago', Buffer.from([0x0b])],
  ])('%s', (_, body) => {
    for (const read of [readProtobufTraces, readProtobufLogs]) expect(() => read(body, () => undefined)).toThrow(MalformedOtlp)
    expect(() => countProtobufMetrics(body)).toThrow(MalformedOtlp)
  })

  test.each([
    '[]',
    '1',
    'null',
    '{',
    '{"resourceSpans":1}',
    '{"resourceSpans":[1]}',
    '{"resourceSpans":[{"scopeSpans":{}}]}',
    '{"resourceSpans":[]} x',
    '{"resourceSpans":[],}',
    '{"a":]}',
    '{"a":"',
    '{"a" 1}',
  ])('the JSON %s', (text) => {
    expect(() => readJsonTraces(Buffer.from(text), () => undefined)).toThrow(MalformedOtlp)
  })

  test('more records than one body may hold, in either encoding', () => {
    const request = toTraces(...Array.from({ length: otlpLimits.records + 1 }, () => ({})))
    expect(() => readAll(readProtobufTraces, toProtobuf('traces', request))).toThrow(/more than 50000 records/)
    expect(() => readAll(readJsonTraces, toJson(request))).toThrow(/more than 50000 records/)
  })

  test('a record of nothing but brackets, and a body of them takes no more memory than one record', () => {
    const brackets = `[${'{},'.repeat(200_000)}{}]`
    const wrap = (spans: string) => Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":${spans}}]}]}`)
    expect(() => readAll(readJsonTraces, wrap(`[{"attributes":${brackets}}]`))).toThrow(/more than 100000 values/)
    expect(() => readAll(readJsonTraces, wrap(brackets))).toThrow(/more than 50000 records/)
    const members = Array.from({ length: 100_001 }, (_, i) => `"m${i}":"x"`)
    expect(() => readAll(readJsonTraces, wrap(`[{${members.join(',')}}]`))).toThrow(/more than 100000 values/)
    expect(readAll(readJsonTraces, Buffer.from(`{"unknown":${brackets.replaceAll('{', '[').replaceAll('}', ']')}}`))).toEqual([])
  })

  test('nothing of a log body that came as traces: its records are spans without ids', () => {
    const body = toProtobuf(
      'logs',
      toLogs({ timeUnixNano: '1', severityText: 'INFO', body: { stringValue: 'hi' }, attributes: toKeyValues({ a: 1 }) }),
    )
    const spans = readAll(readProtobufTraces, body)
    expect(spans.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([['', '']])
  })
})

test('a text says what JSON says it is, whatever escapes and characters it holds, and is refused where it is none', () => {
  const pieces = fc.constantFrom(
    'a',
    'é',
    '😀',
    '{',
    '\\"',
    '\\\\',
    '\\n',
    '\\u00e9',
    '\\ud800',
    '\\ud83d\\ude00',
    '\\/',
    '"',
    '\\x',
    '\\u12',
    '\t',
    '\\',
  )
  const longs = fc.constantFrom('', 'x'.repeat(otlpLimits.textBytes - 4), '\\"'.repeat(otlpLimits.textBytes / 2))
  const told = (text: string) => `{"key":"told","value":{"stringValue":"${text}"}}`
  fc.assert(
    fc.property(longs, fc.array(pieces, { maxLength: 6 }), (long, some) => {
      const text = long + some.join('')
      const spans = ['plain', text].map((one) => `{"name":"s","attributes":[${told(one)}]}`)
      const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans.join(',')}]}]}]}`
      const read = () => readAll(readJsonTraces, Buffer.from(body)).map(({ attributes }) => attributes['told'])
      const expected = parseOrNull(body)
      if (expected === null) expect(read).toThrow(MalformedOtlp)
      else
        expect(read()).toEqual([
          'plain',
          cutText(expected.resourceSpans[0].scopeSpans[0].spans[1].attributes[0].value.stringValue, otlpLimits.textBytes),
        ])
    }),
    { numRuns: 400 },
  )
})

function parseOrNull(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

test('what spans share is read wherever it stands on the wire', () => {
  const request = toTraces(toSpan({ a: 1 }))
  const [group] = request.resourceSpans
  const [scoped] = group?.scopeSpans ?? []
  const late = { resourceSpans: [{ scopeSpans: [{ spans: scoped?.spans, scope: scoped?.scope }], resource: group?.resource }] }
  expectSame(readSpans(late), readSpans(request))
})
