import { oneRequest } from '@keylease/shared/pricing/vector'
import type { Lease } from '../src/leases/lease'
import type { CallEntry, CallFacts } from '../src/ledger/ledger'
import type { CallRecord } from '../src/ledger/record'

/** What the ledger needs of a lease, and no more. */
export function makeLease(id = 'lse_00000000000000000000000001'): Lease {
  let sequence = 0
  const lease = {
    id,
    provider: 'openai',
    delivery: 'direct',
    clockOffsetMs: 250,
    nextSequence: () => ++sequence,
    closeSequence: () => undefined,
  }
  return lease as unknown as Lease // the ledger asks for nothing else
}

let spans = 0

export const makeFacts = (facts: Partial<CallFacts> = {}): CallFacts => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: (++spans).toString(16).padStart(16, '0'),
  parentSpanId: null,
  provider: 'openai',
  operation: 'chat',
  endpoint: 'POST /chat/completions',
  region: null,
  billsOnDisconnect: false,
  request: {
    model: 'gpt-5-mini',
    isStream: false,
    maxOutputTokens: 500,
    maxInputTokens: 2_000,
    characters: 0,
    serviceTier: null,
    needsUsageOption: false,
  },
  attribution: { conversation: 'c-42', user: 'u-7', tags: ['checkout'] },
  ...facts,
})

export const makeRecord = (entry: CallEntry, facts: CallFacts, record: Partial<CallRecord> = {}): CallRecord => ({
  ...facts,
  leaseId: entry.lease.id,
  sequence: entry.sequence,
  clockOffsetMs: entry.lease.clockOffsetMs,
  startedAtMs: entry.startedAtMs,
  endedAtMs: entry.startedAtMs + 120,
  firstTokenMs: null,
  status: 'ok',
  httpStatus: 200,
  errorType: null,
  end: 'complete',
  reading: {
    vector: oneRequest({ inputUncached: 100, cacheRead: 20, outputText: 30, reasoning: 5 }),
    imageTokens: { input: 0, output: 0 },
    quality: 'exact',
    mismatch: null,
    raw: { prompt_tokens: 120, completion_tokens: 35 },
    model: 'gpt-5-mini-2026-08-07',
    responseId: 'chatcmpl-1',
    finishReason: 'stop',
    serviceTier: null,
    reportedNanos: 12n,
    error: null,
    characters: { text: 120, reasoning: 0 },
  },
  ...record,
})
