import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../../shared/test/size'
import { makeFacts, makeLease, makeRecord } from '../../test/calls'
import { readSpans, type SpanValue } from '../testing/spans'
import { toExportBody } from './otlp-body'
import { type CallRecord, eachValue } from './record'
import { writeSpan } from './span-bytes'

const scope = { name: '@keylease/sdk', version: '0.1.0' }
const entry = { lease: makeLease(), sequence: 7, startedAtMs: 1_795_000_000_123 }

/** Each written before the next, as calls end. */
const readBack = (records: readonly CallRecord[]) =>
  readSpans(toExportBody(Buffer.concat(records.map((record) => Buffer.from(writeSpan(record)))), scope))

function listValues(record: CallRecord): Record<string, SpanValue> {
  const values: Record<string, SpanValue> = {}
  eachValue(record, (name, value) => {
    // There is one zero in a whole number.
    values[name] = value === 0 ? 0 : value
  })
  return values
}

test('times are in nanoseconds, and ids, parent, kind and status are as OTLP wants them', () => {
  const facts = makeFacts({ spanId: '00f067aa0ba902b7', parentSpanId: '1111111111111111' })
  const [span] = readBack([makeRecord(entry, facts, { firstTokenMs: 250, status: 'error', errorType: 'server_error' })])
  expect(span).toMatchObject({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: '00f067aa0ba902b7',
    parentSpanId: '1111111111111111',
    name: 'chat gpt-5-mini',
    kind: 3,
    startTimeUnixNano: '1795000000123000000',
    endTimeUnixNano: '1795000000243000000',
    status: { code: 2, message: 'server_error' },
  })
  expect(span?.attributes).toMatchObject({ 'keylease.lease.sequence': 7, 'gen_ai.response.time_to_first_chunk': 0.25 })
  const [other] = readBack([makeRecord(entry, makeFacts())])
  expect(other).not.toHaveProperty('parentSpanId')
  expect(other?.status).toEqual({})
})

test('spans say what their calls said, whatever the calls before them said', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 })
  const few = fc.constantFrom('gpt-5-mini', 'claude', 'ü', '')
  const number = fc.oneof(fc.nat(), fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -7, 2 ** 53 - 1, -(2 ** 53) + 1))
  const record = fc
    .record({
      model: few,
      tags: fc.array(few, { maxLength: 2 }),
      user: few,
      errorType: fc.option(text),
      clockOffsetMs: fc.oneof(fc.integer(), fc.maxSafeInteger()),
      seconds: number,
      firstTokenMs: number,
      raw: fc.object({ maxDepth: 2 }),
    })
    .map(({ model, tags, user, raw, seconds, ...own }): CallRecord => {
      const facts = makeFacts({ attribution: { tags, user } })
      const made = makeRecord(entry, { ...facts, request: { ...facts.request, model } }, own)
      return { ...made, reading: { ...made.reading, raw, vector: { ...made.reading.vector, seconds } } }
    })
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), (records) => {
      const spans = readBack(records)
      expect(spans.map(({ attributes }) => attributes)).toEqual(records.map(listValues))
      expect(spans.map(({ spanId, name }) => [spanId, name])).toEqual(
        records.map(({ spanId, operation, request }) => [spanId, `${operation} ${request.model}`]),
      )
    }),
    { numRuns: testSize(60, 5_000) },
  )
})
