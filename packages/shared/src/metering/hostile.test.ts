import { EventStreamCodec } from '@smithy/eventstream-codec'
import { expect, test } from 'vitest'
import { createRandom, damage, pick } from '../../test/hostile-bytes'
import { testSize } from '../../test/size'
import { usageClasses } from '../pricing/vector'
import { catalogue } from '../providers/index'
import type { UsageOption } from '../providers/operation'
import { createAnswerReader } from './answer-reader'
import { askForUsage } from './ask-for-usage'
import { toBytes, toText } from './bytes'
import { estimateUsage } from './estimate'
import { hideUsageEvent } from './hide-usage-event'
import type { AnswerEnd, RequestReading } from './reading'
import { createRequestReader } from './request-reader'

const inputs = testSize(2_000, 1_000_000)
const operations = catalogue.flatMap((provider) => provider.operations)
const ends: readonly AnswerEnd[] = ['complete', 'aborted', 'broken']

const openai =
  '{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"é\\n😀"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":7,"total_tokens":19,"prompt_tokens_details":{"cached_tokens":4}}}'
const anthropic =
  '{"type":"message_start","message":{"id":"m","usage":{"input_tokens":3,"cache_creation":{"ephemeral_5m_input_tokens":2},"output_tokens":1}},"delta":{"text":"x","stop_reason":"end_turn"},"usage":{"output_tokens":9}}'
const gemini =
  '{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7}}'
const documents = [openai, anthropic, gemini, '{"error":{"type":"x","message":"y"}}']
const codec = new EventStreamCodec((bytes) => (typeof bytes === 'string' ? bytes : toText(bytes)), toBytes)

const encodeFrame = (payload: string, eventType: string) =>
  codec.encode({ headers: { ':event-type': { type: 'string', value: eventType } }, body: toBytes(payload) })

const bodies: readonly { contentType: string; bytes: Uint8Array }[] = [
  { contentType: 'text/event-stream', bytes: toBytes(documents.map((one) => `event: x\ndata: ${one}\n\n`).join('')) },
  { contentType: 'text/event-stream', bytes: toBytes(documents.map((one) => `data: ${one}\r\n\r\n`).join('')) },
  { contentType: 'application/x-ndjson', bytes: toBytes(documents.join('\n')) },
  { contentType: 'application/json', bytes: toBytes(openai) },
  { contentType: 'application/json', bytes: toBytes(`[${documents.join(',\n')}]`) },
  { contentType: 'application/vnd.amazon.eventstream', bytes: encodeFrame(JSON.stringify({ bytes: btoa(anthropic) }), 'chunk') },
  { contentType: 'application/vnd.amazon.eventstream', bytes: encodeFrame('{"usage":{"inputTokens":1}}', 'metadata') },
  {
    contentType: 'multipart/form-data; boundary=b',
    bytes: toBytes('--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--'),
  },
]

const option: UsageOption = {
  body: { stream_options: { include_usage: true } },
  member: 'usage',
  otherMember: 'choices',
  captures: { usage: { path: 'usage', keep: 'last' } },
  toCaptured: ({ usage }) => ({ usage: usage ?? undefined }),
  isOnlyUsage: ({ usage }) => usage !== undefined,
}

function* split(bytes: Uint8Array, random: () => number): Generator<Uint8Array> {
  const most = pick(random, bytes.length < 2_000 ? [1, 5, 100, Number.POSITIVE_INFINITY] : [1_000, Number.POSITIVE_INFINITY])
  for (let at = 0; at < bytes.length; ) {
    const length = Math.max(1, Math.ceil(random() * Math.min(most, bytes.length)))
    yield bytes.slice(at, at + length)
    at += length
  }
}

function readHostile(random: () => number): void {
  const { contentType, bytes: sound } = pick(random, bodies)
  const bytes = damage(sound, random)
  const operation = pick(random, operations)
  const headers = { 'content-type': contentType }
  const request = createRequestReader(operation.request, { params: {}, query: {}, headers })
  for (const piece of split(bytes, random)) request.push(piece)
  readAnswer({ operation, headers, bytes, request: request.end() }, random)
  passOn(bytes, random)
  askForUsage(bytes, option)
}

interface Exchange {
  operation: (typeof operations)[number]
  headers: Record<string, string>
  bytes: Uint8Array
  request: RequestReading
}

/** Whatever came in, every count that goes out is one that a bill can hold. */
function readAnswer({ operation, headers, bytes, request }: Exchange, random: () => number): void {
  const reader = createAnswerReader(operation.answer, { status: pick(random, [200, 200, 429]), headers, params: {}, request })
  for (const piece of split(bytes, random)) reader.push(piece)
  const end = pick(random, ends)
  const reading = reader.end(end)
  const estimate = estimateUsage(reading, {
    request,
    ratio: { charactersPerToken: 4 },
    billsOnDisconnect: true,
    end,
    isTold: reading.raw !== null,
  })
  for (const { vector, characters } of [reading, estimate]) {
    const counts = [...usageClasses.map((name) => vector[name]), characters.text, characters.reasoning]
    if (!counts.every((count) => Number.isFinite(count) && count >= 0)) throw new Error(`No counts: ${JSON.stringify(reading)}`)
  }
}

function passOn(bytes: Uint8Array, random: () => number): void {
  const filter = hideUsageEvent(option)
  let passed = 0
  for (const piece of split(bytes, random)) for (const part of filter.push(piece)) passed += part.length
  for (const part of filter.end()) passed += part.length
  if (passed > bytes.length) throw new Error('More came out than went in.')
}

test(`no answer and no request breaks a reader: ${inputs} damaged ones`, { timeout: 3_600_000 }, () => {
  for (let seed = 0; seed < inputs; seed++) {
    try {
      readHostile(createRandom(seed))
    } catch (cause) {
      throw new Error(`Seed ${seed} broke it.`, { cause })
    }
  }
  expect(operations.length).toBeGreaterThan(0)
})
