import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { manySpans, toKeyValues, toLogs, toSpan, toTraces } from '../../../../test/otlp-spans'
import { toProtobuf } from '../../../../test/otlp-wire'
import { testSize } from '../../../../test/size'
import { AppError } from '../../../platform/errors'
import { readBatch } from '../read-batch'
import type { Signal } from './answer'
import { readOtlpBody } from './body'
import type { OtlpEncoding } from './encoding'
import { MalformedOtlp } from './signal'

const inputs = testSize(3_000, 1_000_000)
const seed = 20_261_121
const maximumBytes = 1024 * 1024
const slowestMs = 50

interface Sample {
  signal: Signal
  encoding: OtlpEncoding
  body: Buffer
}

/** The same numbers in every run: what failed once fails again. */
function createRandom(state: number) {
  let at = state
  const next = () => {
    at = (at + 0x6d2b79f5) | 0
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] ?? (items[0] as Item)
  return { below, pick }
}
type Random = ReturnType<typeof createRandom>

const record = {
  timeUnixNano: '1763740800000000000',
  eventName: 'claude_code.api_request',
  body: { stringValue: 'claude_code.api_request' },
  attributes: toKeyValues({ model: 'claude-sonnet-4-5', input_tokens: 10, output_tokens: 5, cost_usd: 0.01, 'session.id': 's' }),
}
const nested = {
  arrayValue: { values: [{ kvlistValue: { values: [{ key: '__proto__', value: { intValue: '-5' } }] } }, { boolValue: true }] },
}
const odd = {
  ...toSpan({ ['__proto__']: 'x', constructor: 1 }),
  events: [{ name: 'e', attributes: toKeyValues({ a: 0.5 }) }],
  status: { code: 2 },
}
const requests: [Signal, object][] = [
  ['traces', manySpans(6)],
  ['traces', toTraces({ ...odd, attributes: [...odd.attributes, { key: 'nested', value: nested }] })],
  ['logs', toLogs(record, { ...record, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) })],
  ['metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', sum: { dataPoints: [{ timeUnixNano: '1' }] } }] }] }] }],
]
const samples: Sample[] = requests.flatMap(([signal, request]) => [
  { signal, encoding: 'protobuf', body: toProtobuf(signal, request) },
  { signal, encoding: 'json', body: Buffer.from(JSON.stringify(request)) },
])
const pieces: Record<OtlpEncoding, readonly Buffer[]> = {
  protobuf: [
    [0xff],
    [0x00],
    [0x80, 0x80, 0x80, 0x80, 0x10],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x0a],
    [0x4a, 0x00],
  ].map((bytes) => Buffer.from(bytes)),
  json: [
    '"__proto__"',
    'null',
    '[',
    '{',
    '1e309',
    '-1',
    '"\\ud800"',
    '99999999999999999999',
    '{"key":"constructor"}',
    '"\\u0000"',
    ',',
    '[[[[[[[[',
  ].map((text) => Buffer.from(text)),
}

function mutate(random: Random, { body, encoding }: Sample): Buffer {
  let bytes: Buffer = Buffer.from(body)
  for (let times = 1 + random.below(3); times > 0; times--) bytes = mutateOnce(random, bytes, pieces[encoding])
  return bytes
}

function mutateOnce(random: Random, bytes: Buffer, inserted: readonly Buffer[]): Buffer {
  const at = random.below(bytes.byteLength + 1)
  const to = Math.min(bytes.byteLength, at + random.below(20))
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)])
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)])
    case 3:
      return Buffer.concat([bytes.subarray(0, at), random.pick(inserted), bytes.subarray(at)])
    case 4:
      return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(random.below(200)).fill(random.pick(inserted)), bytes.subarray(to)])
    default:
      if (at < bytes.byteLength) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
      return bytes
  }
}

/** Whether it was read; what is not OTLP is told as such, and anything else is a defect. */
function tryRead({ signal, encoding, body }: Sample): boolean {
  try {
    readBatch(signal, encoding, body)
    return true
  } catch (error) {
    if (error instanceof MalformedOtlp) return false
    throw new Error(`${signal} as ${encoding}: ${body.toString('base64')}`, { cause: error })
  }
}

function measureMs(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
function readMemory(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

test('no body crashes, hangs, pollutes or grows the reader, whatever was done to it', { timeout: 3_600_000 }, () => {
  const random = createRandom(seed)
  const prototype = Reflect.ownKeys(Object.prototype)
  for (const sample of samples) expect(tryRead(sample)).toBe(true)
  const before = readMemory()
  const counts = { read: 0, refused: 0 }
  for (let i = 0; i < inputs; i++) {
    const sample = random.pick(samples)
    const body = mutate(random, sample)
    const work = () => {
      counts[tryRead({ ...sample, body }) ? 'read' : 'refused']++
    }
    // A second look tells a collection of garbage, or a compilation, from a slow body.
    if (measureMs(work) > slowestMs) expect(measureMs(work), body.toString('base64')).toBeLessThan(slowestMs)
  }
  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototype)
  expect(readMemory() - before).toBeLessThan(64 * 1024 * 1024)
  // A fuzz that is always read, or never, tries nothing.
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(inputs / 10)
})

const compressed = (coding: string, body: Buffer) => (coding === 'gzip' ? gzipSync(body) : zstdCompressSync(body))

async function tryInflate(coding: string, body: Buffer): Promise<'read' | 'refused'> {
  const request = new Request('http://127.0.0.1/', { method: 'POST', headers: { 'content-encoding': coding }, body: new Uint8Array(body) })
  try {
    const inflated = await readOtlpBody(request, { maximumBytes, arrivalMs: 10_000, onGrowth: () => undefined })
    expect(inflated.byteLength).toBeLessThanOrEqual(maximumBytes)
    return 'read'
  } catch (error) {
    if (error instanceof AppError && ['invalid_request', 'body_too_large'].includes(error.code)) return 'refused'
    throw new Error(`${coding}: ${body.toString('base64')}`, { cause: error })
  }
}

test('no compressed body crashes or grows the reader, cut, changed, or a bomb', { timeout: 3_600_000 }, async () => {
  const random = createRandom(seed + 1)
  const bombs = ['gzip', 'zstd'].map((coding) => ({ coding, body: compressed(coding, Buffer.alloc(32 * maximumBytes)) }))
  const whole = ['gzip', 'zstd'].flatMap((coding) => samples.map(({ body }) => ({ coding, body: compressed(coding, body) })))
  for (const { coding, body } of bombs) expect(await tryInflate(coding, body)).toBe('refused')
  for (const { coding, body } of whole) expect(await tryInflate(coding, body)).toBe('read')
  const before = readMemory()
  let refused = 0
  for (let i = 0; i < inputs / 10; i++) {
    const { coding, body } = random.below(50) === 0 ? random.pick(bombs) : random.pick(whole)
    const changed = mutate(random, { signal: 'traces', encoding: 'protobuf', body })
    if ((await tryInflate(coding, changed)) === 'refused') refused++
  }
  expect(refused).toBeGreaterThan(inputs / 30)
  expect(readMemory() - before).toBeLessThan(64 * 1024 * 1024)
})
