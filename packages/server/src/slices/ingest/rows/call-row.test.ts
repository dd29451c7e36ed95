import { usageClasses } from '@keylease/shared/pricing/vector'
import { expect, test } from 'vitest'
import { toReading } from '../../../../test/usage'
import type { ObservedCall, ToldCall } from '../dialects/call'
import { readLeasedRow, readObservedRow, toLeasedRow, toObservedRow } from './call-row'

const { raw: _, ...reading } = toReading(Object.fromEntries(usageClasses.map((name, i) => [name, i + 1])), {
  imageTokens: { input: 101, output: 102 },
  quality: 'estimated',
  mismatch: 'mismatch',
  model: 'model',
  responseId: 'response',
  finishReason: 'finish',
  serviceTier: 'tier',
  reportedNanos: 2n ** 62n,
  error: { type: 'type', code: 'code' },
  characters: { text: 103, reasoning: 104 },
})

/** No two members say the same. */
const told: Omit<ToldCall, 'identity' | 'scope'> = {
  occurredAt: new Date('2026-11-21T00:00:00.001Z'),
  provider: 'provider',
  operation: 'operation',
  endpoint: 'endpoint',
  requestModel: 'request model',
  region: 'region',
  status: 'aborted',
  httpStatus: 201,
  isStream: true,
  latencyMs: 202,
  firstTokenMs: 203,
  conversation: 'conversation',
  endUser: 'end user',
  tags: ['a', 'b'],
  traceId: 'ab'.repeat(16),
  spanId: 'cd'.repeat(8),
  parentSpanId: 'ef'.repeat(8),
  reading,
  rawUsage: '{"__proto__":1}',
  exchange: {
    end: 'broken',
    billsOnDisconnect: true,
    request: {
      model: 'asked',
      isStream: true,
      maxOutputTokens: 301,
      maxInputTokens: 302,
      characters: 303,
      serviceTier: null,
      needsUsageOption: false,
    },
  },
}

const pass = <Row>(row: Row): Row => JSON.parse(JSON.stringify(row))

test('a call under a lease is the same after its way through text', () => {
  const call = { ...told, identity: { kind: 'leased' as const, leaseId: 'lse_1', sequence: 7 }, scope: null }
  expect(readLeasedRow(pass(toLeasedRow(call)))).toEqual(call)
})

test('an observed call is the same after its way through text, whatever its attributes are named', () => {
  const attribution = new Map([
    ['__proto__', 'x'],
    ['constructor', '\ud800'],
  ])
  const call: ObservedCall = {
    ...told,
    identity: { kind: 'span', traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) },
    scope: 'scope',
    isContainer: true,
    attribution,
  }
  expect(readObservedRow(pass(toObservedRow(call)))).toEqual(call)
})
