import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { toExportBody } from '../../packages/sdk/src/ledger/otlp-body'
import type { CallRecord } from '../../packages/sdk/src/ledger/record'
import { writeSpan } from '../../packages/sdk/src/ledger/span-bytes'
import { makeFacts, makeLease, makeRecord } from '../../packages/sdk/test/calls'
import { toExportJson } from '../../packages/sdk/test/otlp-json'
import { readJsonTraces } from '../../packages/server/src/slices/ingest/otlp/json-traces'
import { readProtobufTraces } from '../../packages/server/src/slices/ingest/otlp/protobuf-traces'
import type { SpanSignal } from '../../packages/server/src/slices/ingest/otlp/signal'
import { testSize } from '../../packages/shared/test/size'

const scope = { name: '@keylease/sdk', version: '0.1.0' }
const entry = { lease: makeLease(), sequence: 7, startedAtMs: 1_795_000_000_123 }
const perBatch = 20

const texts = ['', 'gpt-5-mini', 'ü', '漢字🙂', '"\\\u0000\n', 'a'.repeat(127), 'a'.repeat(128), 'é'.repeat(70), 'b'.repeat(20_000)]
const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 0.5, 1e-9, 1e300]
const whole = [0, -1, -7, -(2 ** 32), -(2 ** 53) + 1, 250, 2 ** 53 - 1]
const times = [0.001, 1_700_000_000_000, 1_795_000_000_123.456, 4_294_967.296, 9_007_199_254_740]

function pick<T>(values: readonly T[]): T {
  const value = values[randomInt(values.length)]
  if (value === undefined) throw new Error('There is nothing to pick from.')
  return value
}

const optional = <T>(values: readonly T[]): T | null => (randomInt(3) === 0 ? null : pick(values))

function makeCall(): CallRecord {
  const facts = makeFacts({ attribution: { user: pick(texts), tags: [pick(texts), pick(texts)].slice(randomInt(3)) } })
  const { reading, ...made } = makeRecord(
    entry,
    { ...facts, parentSpanId: optional(['00f067aa0ba902b7']), request: { ...facts.request, model: optional(texts) } },
    {
      status: pick(['ok', 'error', 'aborted'] as const),
      errorType: optional(texts),
      startedAtMs: pick(times),
      endedAtMs: pick(times),
      clockOffsetMs: pick(whole),
      firstTokenMs: optional(numbers),
    },
  )
  return { ...made, reading: { ...reading, raw: { [pick(texts)]: pick(texts) }, vector: { ...reading.vector, seconds: pick(numbers) } } }
}

function readBoth(records: readonly CallRecord[]) {
  const spans: SpanSignal[] = []
  const plain: SpanSignal[] = []
  const bytes = Buffer.concat(records.map((record) => Buffer.from(writeSpan(record))))
  readProtobufTraces(Buffer.from(toExportBody(bytes, scope)), (span) => spans.push(span))
  readJsonTraces(Buffer.from(toExportJson(records, scope)), (span) => plain.push(span))
  return { spans, plain }
}

test('the service reads of a batch of the SDK what it would read of the same calls in OTLP/JSON', () => {
  for (let run = 0; run < testSize(100, 5_000); run++) {
    const { spans, plain } = readBoth(Array.from({ length: perBatch }, makeCall))
    expect(spans).toHaveLength(perBatch)
    expect(spans).toEqual(plain)
  }
})
