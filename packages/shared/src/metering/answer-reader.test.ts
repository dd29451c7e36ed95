import { EventStreamCodec } from '@smithy/eventstream-codec'
import { expect, test } from 'vitest'
import { oneRequest } from '../pricing/vector'
import type { AnswerShape } from '../providers/operation'
import { createAnswerReader } from './answer-reader'
import { toBytes, toText } from './bytes'
import type { AnswerEnd, AnswerFacts } from './reading'

const shape: AnswerShape = {
  captures: {
    tokens: { path: 'usage.tokens', keep: 'last' },
    total: { path: 'usage.total', keep: 'last' },
    finish: { path: 'finish', keep: 'last' },
    text: { path: 'text', keep: 'characters' },
  },
  usageOption: null,
  read: ({ tokens, total, finish, text }) => ({
    vector: oneRequest({ outputText: typeof tokens === 'number' ? tokens : 0 }),
    imageTokens: { input: 0, output: 0 },
    mismatch: total === undefined || total === tokens ? null : 'the total is another',
    raw: null,
    model: null,
    responseId: null,
    finishReason: typeof finish === 'string' ? finish : null,
    serviceTier: null,
    reportedNanos: null,
    error: null,
    isTold: tokens !== undefined,
    characters: { text: typeof text === 'number' ? text : 0 },
  }),
}

const request = {
  model: 'm',
  isStream: false,
  maxOutputTokens: null,
  maxInputTokens: null,
  characters: 0,
  serviceTier: null,
  needsUsageOption: false,
}
const sse = { isStream: true, contentType: 'text/event-stream' }

function read(
  answer: string | Uint8Array,
  { status = 200, contentType = 'application/json', isStream = false, end = 'complete' as AnswerEnd } = {},
) {
  const facts: AnswerFacts = { status, headers: { 'content-type': contentType }, params: {}, request: { ...request, isStream } }
  const reader = createAnswerReader(shape, facts)
  reader.push(typeof answer === 'string' ? toBytes(answer) : answer)
  return reader.end(end)
}

test('usage that was told and adds up is exact', () => {
  expect(read('{"usage":{"tokens":7,"total":7},"text":"abc"}')).toMatchObject({
    quality: 'exact',
    vector: { outputText: 7, requests: 1 },
    characters: { text: 3, reasoning: 0 },
  })
})

test('usage that does not add up, and none at all, is estimated', () => {
  expect(read('{"usage":{"tokens":7,"total":8}}')).toMatchObject({ quality: 'estimated', mismatch: 'the total is another' })
  expect(read('{}')).toMatchObject({ quality: 'estimated', mismatch: null })
})

test('usage that is too large to keep is estimated, and the reading says why', () => {
  expect(read(`{"usage":{"tokens":7},"finish":"${'x'.repeat(20_000)}"}`)).toMatchObject({
    quality: 'estimated',
    mismatch: 'finish could not be kept',
  })
})

test('a stream that broke off is exact only if it had finished', () => {
  const running = 'data: {"usage":{"tokens":1}}\n\n'
  const final = 'data: {"finish":"stop","usage":{"tokens":9}}\n\n'
  for (const end of ['aborted', 'broken'] as const) {
    expect(read(running, { ...sse, end }).quality).toBe('estimated')
    expect(read(running + final, { ...sse, end })).toMatchObject({ quality: 'exact', vector: { outputText: 9 } })
  }
  expect(read(running, sse).quality).toBe('exact')
  expect(read('{"usage":{"tokens":1}}', { end: 'aborted' }).quality).toBe('exact')
})

test('a stream of Gemini without SSE, an array that never ended, is a stream', () => {
  expect(read('[{"usage":{"tokens":1}},\n{"usage":{"tokens":2}},', { isStream: true, end: 'aborted' })).toMatchObject({
    quality: 'estimated',
    vector: { outputText: 2 },
  })
})

test.each([400, 401, 429, 500, 529])('a %i without usage is not billed, and that is exact', (status) => {
  const nothing = { quality: 'exact', vector: oneRequest({ requests: 0 }), error: { type: null, code: null } }
  expect(read('{"error":{}}', { status })).toMatchObject(nothing)
  expect(read('<html>', { status, contentType: 'text/html' })).toMatchObject(nothing)
  expect(read('', { status })).toMatchObject(nothing)
  expect(read('{"usage":{"tokens":3}}', { status })).toMatchObject({ quality: 'exact', vector: { outputText: 3, requests: 1 } })
})

test('an event that is named error is an error, by whatever chunks', () => {
  expect(read('event: error\ndata: {"message":"x"}\n\n', sse).error).toEqual({ type: 'error', code: null })
  expect(read('event:error\r\ndata: {}\r\n\r\n', sse).error).toEqual({ type: 'error', code: null })
  for (const other of ['event: errors', 'event: err', 'error: event', 'events: error', ': event: error']) {
    expect(read(`${other}\ndata: {}\n\n`, sse).error).toBeNull()
  }
})

const codec = new EventStreamCodec((bytes) => (typeof bytes === 'string' ? bytes : toText(bytes)), toBytes)
const aws = { isStream: true, contentType: 'application/vnd.amazon.eventstream' }

const encodeMessage = (headers: Record<string, string>, payload: string) =>
  codec.encode({
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }])),
    body: toBytes(payload),
  })

test('an exception in an event stream of AWS is an error', () => {
  const exception = { ':message-type': 'exception', ':exception-type': 'throttlingException' }
  expect(read(encodeMessage(exception, '{"message":"Too many"}'), aws).error).toEqual({ type: 'throttlingException', code: null })
  const error = { ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'x' }
  expect(read(encodeMessage(error, ''), aws).error).toEqual({ type: 'InternalFailure', code: null })
})

test('an event stream of AWS whose lengths are damaged is read no further', () => {
  const message = encodeMessage({ ':message-type': 'event', ':event-type': 'metadata' }, '{"usage":{"tokens":5}}')
  const damaged = message.slice()
  damaged[3] = (damaged[3] ?? 0) + 1
  expect(read(message, aws).vector.outputText).toBe(5)
  expect(read(Uint8Array.from([...damaged, ...message]), aws)).toMatchObject({ quality: 'estimated', vector: { outputText: 0 } })
})

test('a reader knows nothing of the answer that was read before, however that ended', () => {
  const full = '{"usage":{"tokens":7,"total":7},"finish":"stop","text":"abc"}'
  const bare = read('{"text":"abcd"}')
  for (const cut of [full.length, 50, 30, 20, 12, 5, 1]) {
    read(full.slice(0, cut))
    expect(read('{"text":"abcd"}'), `after ${cut} bytes`).toEqual(bare)
  }
  expect(bare).toMatchObject({ quality: 'estimated', finishReason: null, characters: { text: 4 } })
  for (const finish of ['stop', 'stoq', 'sto', 'st\\u006fp', 'stop']) {
    expect(read(`{"finish":"${finish}"}`).finishReason).toBe(JSON.parse(`"${finish}"`))
  }
})

test('readers at work at the same time keep what they read apart, and what comes after the end is not heard', () => {
  const facts: AnswerFacts = { status: 200, headers: {}, params: {}, request }
  const readers = Array.from({ length: 20 }, () => createAnswerReader(shape, facts))
  for (const [index, reader] of readers.entries()) reader.push(toBytes(`{"usage":{"tokens":${index}`))
  for (const reader of readers) reader.push(toBytes('},"finish":"stop"}'))
  for (const [index, reader] of readers.entries()) {
    expect(reader.end('complete').vector.outputText).toBe(index)
    const next = createAnswerReader(shape, facts)
    reader.push(toBytes('{"usage":{"tokens":99}}'))
    next.push(toBytes('{"usage":{"tokens":1}}'))
    expect(next.end('complete').vector.outputText).toBe(1)
  }
})
