import { randomBytes } from 'node:crypto'

/** Nano-dollars of one token: agreed as a price, so that every cost is a known integer. */
export const rates = { input: 200n, cacheRead: 20n, output: 1_600n } as const

interface Owed {
  calls: number
  nanos: bigint
}

/** What was handed to the Collector, and what of it has to be in the ledger. */
export interface Sent {
  spans: number
  logRecords: number
  dataPoints: number
  /** What tells of no call. */
  others: number
  /** By service.name. */
  owed: Map<string, Owed>
}

export const createSent = (): Sent => ({ spans: 0, logRecords: 0, dataPoints: 0, others: 0, owed: new Map() })

export function owe({ owed }: Sent, service: string, nanos: bigint): void {
  const { calls, nanos: before } = owed.get(service) ?? { calls: 0, nanos: 0n }
  owed.set(service, { calls: calls + 1, nanos: before + nanos })
}

export function sumOwed({ owed }: Sent, isMeant: (service: string) => boolean = () => true): Owed {
  const sum: Owed = { calls: 0, nanos: 0n }
  for (const [service, { calls, nanos }] of owed) {
    if (!isMeant(service)) continue
    sum.calls += calls
    sum.nanos += nanos
  }
  return sum
}

interface Tokens {
  input: number
  cacheRead: number
  output: number
}

/** Input as the ledger has it: without what the cache held. */
export const toCost = ({ input, cacheRead, output }: Tokens): bigint =>
  BigInt(input) * rates.input + BigInt(cacheRead) * rates.cacheRead + BigInt(output) * rates.output

/** A call by the conventions, where the input holds what the cache did. */
export function describeCall({ input, cacheRead, output }: Tokens) {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.response.id': `chatcmpl-${randomBytes(12).toString('hex')}`,
    'gen_ai.usage.input_tokens': input + cacheRead,
    'gen_ai.usage.cache_read.input_tokens': cacheRead,
    'gen_ai.usage.output_tokens': output,
  }
}

/** A request by Claude Code, which tells the two apart. */
export function describeRequest({ input, cacheRead, output }: Tokens) {
  return {
    'event.name': 'api_request',
    'session.id': 's-1',
    model: 'claude-sonnet-4-5-20250929',
    cost_usd: '0.0357',
    input_tokens: String(input),
    output_tokens: String(output),
    cache_read_tokens: String(cacheRead),
    request_id: `req_${randomBytes(12).toString('hex')}`,
  }
}
