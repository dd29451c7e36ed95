import { expect, test } from 'vitest'
import type { RequestReading, UsageReading } from '../metering/reading'
import { probeCases, readWireAnswer, readWireRequest, wireCases } from './fixtures/wire-cases'
import { catalogue, findCatalogueProvider } from './index'

test.each(wireCases)('$name: $wire.about', (one) => {
  const whole = readWireAnswer(one)
  const { request: expectedRequest, ...expected } = one.wire.reading
  expect(toShort(whole)).toEqual(expected)
  for (const size of [1, 7, 64]) expect(readWireAnswer(one, size)).toEqual(whole)
  if (!expectedRequest) return
  const { reading, bytes } = readWireRequest(one)
  expect(toShortRequest(reading, bytes)).toMatchObject(expectedRequest)
})

test.each(probeCases)('$id says of $name: $reason', ({ id, answer, reason, valid, organization }) => {
  const result = findCatalogueProvider(id)?.probe?.read(answer)
  expect(result).toMatchObject({ valid, reason, details: { organization: organization ?? null } })
})

const answersToProbes = ['accepted', 'bad_key', 'forbidden', 'no_quota', 'rate_limited', 'provider_error', 'timeout', 'unexpected_answer']

test('every provider of models has a plain answer, an error and its probes on record', () => {
  const models = catalogue.filter(({ operations, category }) => category === 'llm' && operations.length > 0)
  for (const { id, probe } of models) {
    const statuses = wireCases.filter((one) => one.id === id).map(({ wire }) => wire.answer.status)
    expect(statuses, id).toContain(200)
    expect(Math.max(...statuses), id).toBeGreaterThanOrEqual(400)
    const reasons = new Set(probeCases.filter((one) => one.id === id).map(({ reason }) => reason))
    if (probe) expect([...reasons], id).toEqual(expect.arrayContaining(answersToProbes))
  }
})

/** Without what says nothing, so that a fixture shows what matters. */
function toShort({ vector, imageTokens, raw: _raw, characters: _characters, reportedNanos, ...rest }: UsageReading) {
  const told = Object.entries(vector).filter(([name, count]) => (name === 'requests' ? count !== 1 : count !== 0))
  const { model, responseId, finishReason, quality, ...rare } = rest
  return {
    vector: Object.fromEntries(told),
    ...(imageTokens.input + imageTokens.output > 0 && { imageTokens: { ...imageTokens } }),
    model,
    responseId,
    finishReason,
    quality,
    ...(reportedNanos !== null && { reportedNanos: String(reportedNanos) }),
    ...Object.fromEntries(Object.entries(rare).filter(([, value]) => value !== null)),
  }
}

const toShortRequest = (request: RequestReading, bytes: number) => ({
  ...request,
  maxInputTokens: request.maxInputTokens === bytes && bytes > 0 ? 'bytes' : request.maxInputTokens,
})
