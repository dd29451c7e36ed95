import { randomBytes } from 'node:crypto'
import { newId } from '@keylease/shared/ids'
import { genAi, keylease, usageAttributes } from '@keylease/shared/semconv'

export type OtlpValue = string | number | boolean

/** Attributes as OTLP/JSON has them. */
export const toKeyValues = (values: Record<string, OtlpValue>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: toAny(value) }))

function toAny(value: OtlpValue): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

interface SpanFacts {
  spanId?: string
  endedAt?: Date
  attributes?: Record<string, OtlpValue>
}

/** A span of a call, as one or the other instrumentation writes it. */
export function toSpan(attributes: Record<string, OtlpValue>, { spanId, endedAt = new Date() }: SpanFacts = {}) {
  const endMs = BigInt(endedAt.getTime())
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: spanId ?? randomBytes(8).toString('hex'),
    name: 'chat gpt-5-mini',
    kind: 3,
    startTimeUnixNano: String((endMs - 250n) * 1_000_000n),
    endTimeUnixNano: String(endMs * 1_000_000n),
    attributes: toKeyValues(attributes),
  }
}

export const toLeasedSpan = (leaseId: string, sequence: number, { attributes, ...facts }: SpanFacts = {}) =>
  toSpan(
    {
      [keylease.leaseId]: leaseId,
      [keylease.sequence]: sequence,
      [keylease.provider]: 'openai',
      [keylease.operation]: 'chat',
      [keylease.quality]: 'exact',
      [genAi.responseModel]: 'gpt-5-mini',
      [usageAttributes.inputUncached]: 1_000,
      [usageAttributes.outputText]: 100,
      ...attributes,
    },
    facts,
  )

/** A call as the GenAI conventions tell of it, without a lease. */
const toObservedSpan = (facts: SpanFacts = {}) =>
  toSpan(
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.response.model': 'gpt-5-mini-2025-08-07',
      'gen_ai.response.id': `chatcmpl-${randomBytes(12).toString('hex')}`,
      'gen_ai.usage.input_tokens': 1_000,
      'gen_ai.usage.output_tokens': 100,
      ...facts.attributes,
    },
    facts,
  )

export const toTraces = (...spans: object[]) => ({
  resourceSpans: [
    {
      resource: { attributes: toKeyValues({ 'service.name': 'test' }) },
      scopeSpans: [{ scope: { name: 'test', version: '1.0.0' }, spans }],
    },
  ],
})

export const toLogs = (...logRecords: object[]) => ({
  resourceLogs: [
    { resource: { attributes: toKeyValues({ 'service.name': 'test' }) }, scopeLogs: [{ scope: { name: 'test' }, logRecords }] },
  ],
})

export const manySpans = (count: number, leaseId: string = newId('lease')) =>
  toTraces(...Array.from({ length: count }, (_, i) => (i % 2 === 0 ? toLeasedSpan(leaseId, i) : toObservedSpan())))
