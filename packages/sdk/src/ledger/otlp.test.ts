import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../../shared/test/size'
import { makeFacts, makeLease, makeRecord } from '../../test/calls'
import { toExportBody } from './otlp'
import { type CallRecord, eachValue } from './record'

const scope = { name: '@keylease/sdk', version: '0.1.0' }
const entry = { lease: makeLease(), sequence: 7, startedAtMs: 1_795_000_000_123 }

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: unknown }[]
  status: object
}

function readSpans(body: string): Span[] {
  const { resourceSpans } = JSON.parse(body) as { resourceSpans: [{ scopeSpans: [{ scope: object; spans: Span[] }] }] }
  expect(resourceSpans[0].scopeSpans[0].scope).toEqual(scope)
  return resourceSpans[0].scopeSpans[0].spans
}

/** What a plain encoder makes of a value. */
function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toPlain) } }
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

test('times are in nanoseconds, whole numbers are text, and ids, parent, kind and status are as OTLP wants them', () => {
  const facts = makeFacts({ spanId: '00f067aa0ba902b7', parentSpanId: '1111111111111111' })
  const [span] = readSpans(toExportBody([makeRecord(entry, facts, { firstTokenMs: 250 })], scope))
  expect(span).toMatchObject({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: '00f067aa0ba902b7',
    parentSpanId: '1111111111111111',
    name: 'chat gpt-5-mini',
    kind: 3,
    startTimeUnixNano: '1795000000123000000',
    endTimeUnixNano: '1795000000243000000',
    status: {},
  })
  expect(span?.attributes).toContainEqual({ key: 'keylease.lease.sequence', value: { intValue: '7' } })
  expect(span?.attributes).toContainEqual({ key: 'gen_ai.response.time_to_first_chunk', value: { doubleValue: 0.25 } })
  expect(readSpans(toExportBody([makeRecord(entry, makeFacts())], scope))[0]).not.toHaveProperty('parentSpanId')
})

test('a batch is JSON whatever its texts and numbers are, and says what a plain encoder would', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 })
  const number = fc.oneof(fc.nat(), fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0))
  const record = fc
    .record({ model: text, tag: text, errorType: fc.option(text), seconds: number, firstTokenMs: number, raw: fc.object({ maxDepth: 2 }) })
    .map(({ model, tag, errorType, seconds, firstTokenMs, raw }): CallRecord => {
      const facts = makeFacts({ attribution: { tags: [tag], user: tag } })
      const made = makeRecord(
        entry,
        { ...facts, request: { ...facts.request, model } },
        { errorType, firstTokenMs, status: errorType === null ? 'ok' : 'error' },
      )
      return { ...made, reading: { ...made.reading, raw, vector: { ...made.reading.vector, seconds } } }
    })
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
      const spans = readSpans(toExportBody(records, scope))
      for (const [i, span] of spans.entries()) {
        const plain: { key: string; value: unknown }[] = []
        eachValue(records[i] ?? makeRecord(entry, makeFacts()), (key, value) => plain.push({ key, value: toPlain(value) }))
        expect(span.attributes).toEqual(JSON.parse(JSON.stringify(plain)))
      }
      expect(spans).toHaveLength(records.length)
    }),
    { numRuns: testSize(60, 20_000) },
  )
})
