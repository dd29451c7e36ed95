import { isDeepStrictEqual } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { manySpans, toLeasedSpan, toTraces } from '../../../test/otlp-spans'
import { toProtobuf } from '../../../test/otlp-wire'
import { joinPart, writeParts } from './batch-parts'
import { createDecodePool, type DecodePool, inlineBytes } from './decode-pool'
import { MalformedOtlp } from './otlp/signal'
import { type ReadBatch, readBatch } from './read-batch'

const source = new URL('../../../test/source-decode-worker.mjs', import.meta.url)
const dying = new URL('data:text/javascript,process.exit(1)')
const pools: DecodePool[] = []
const open = (entry = source) => {
  const pool = createDecodePool(entry, 1)
  pools.push(pool)
  return pool
}
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})

const large = (request: object = manySpans(1_500)) => {
  const body = toProtobuf('traces', request)
  expect(body.byteLength).toBeGreaterThan(inlineBytes)
  return body
}

describe('a large body', () => {
  test('gives the same from a thread as it gives at once, hostile names as data', async () => {
    const raw = JSON.stringify(JSON.parse('{"__proto__":{"x":1},"constructor":2}'))
    const spans = manySpans(1_500).resourceSpans[0]?.scopeSpans[0]?.spans ?? []
    const hostile = toLeasedSpan('lse_00000000000000000000000000', 9, { attributes: { 'keylease.usage.raw': raw, ['__proto__']: 'x' } })
    const edge = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), parentSpanId: 'ef'.repeat(8), name: 'GET' }
    const body = large(toTraces(...spans, hostile, edge))
    const expected = readBatch('traces', 'protobuf', body)
    const read = await open().decode('traces', 'protobuf', Buffer.from(body))
    expect(isDeepStrictEqual(read, expected)).toBe(true)
    expect([read.leased.length > 700, read.observed.length, read.edges.length]).toEqual([true, 750, 1])
    expect(read.edges[0]).toEqual({ traceId: edge.traceId, spanId: edge.spanId, parentSpanId: edge.parentSpanId, isNear: false })
    expect(read.leased.at(-1)?.rawUsage).toBe(raw)
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  test('that is not OTLP is told as such, and the next one is read by the same thread', async () => {
    const pool = open()
    await expect(pool.decode('traces', 'protobuf', Buffer.alloc(inlineBytes + 1, 0xff))).rejects.toThrow(MalformedOtlp)
    await expect(pool.decode('traces', 'json', Buffer.alloc(inlineBytes + 1, 0x5b))).rejects.toThrow(MalformedOtlp)
    expect((await pool.decode('traces', 'protobuf', large())).leased).toHaveLength(750)
  })

  test('with a usage object of endless depth loses that object alone', async () => {
    const raw = (depth: number) => ({ 'keylease.usage.raw': `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}` })
    const spans = manySpans(1_500).resourceSpans[0]?.scopeSpans[0]?.spans ?? []
    const told = [8_000, 5].map((depth, i) => toLeasedSpan('lse_00000000000000000000000000', i, { attributes: raw(depth) }))
    const { leased } = await open().decode('traces', 'protobuf', large(toTraces(...told, ...spans)))
    expect(leased.slice(0, 2).map(({ rawUsage }) => rawUsage)).toEqual([null, '{"a":[[[[[]]]]]}'])
  })

  test('waits for the ones before it, and each gets its own', async () => {
    const pool = open()
    const sizes = [1_500, 1_600, 1_700]
    const read = await Promise.all(sizes.map((size) => pool.decode('traces', 'protobuf', large(manySpans(size)))))
    expect(read.map(({ leased }) => leased.length)).toEqual([750, 800, 850])
  })

  test('whose thread died is to be sent again, and a new thread takes the next', async () => {
    const pool = open(dying)
    for (let times = 0; times < 2; times++) {
      await expect(pool.decode('traces', 'protobuf', large())).rejects.toMatchObject({ code: 'unavailable' })
    }
  })
})

test('a large batch comes over in pieces that hold nobody up, and all of it arrives', () => {
  const batch = readBatch('traces', 'protobuf', toProtobuf('traces', manySpans(2_300)))
  const pieces = [...writeParts(batch)]
  for (const piece of pieces) {
    const calls = piece.map((text) => JSON.parse(text)).flatMap(({ leased, observed }) => [...leased, ...observed])
    expect(calls.length).toBeLessThanOrEqual(512)
  }
  const joined: ReadBatch = { leased: [], observed: [], edges: [], dropped: 0, malformed: 0 }
  for (const piece of pieces) joinPart(joined, piece)
  expect(isDeepStrictEqual(joined, batch)).toBe(true)
})
