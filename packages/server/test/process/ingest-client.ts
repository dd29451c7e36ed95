import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { genAi, keylease, usageAttributes } from '@keylease/shared/semconv'
import { toLeasedSpan, toTraces } from '../otlp-spans'

/** One call as its holder keeps it: what is told of it is the same however often it is sent. */
interface Call {
  key: string
  nanos: bigint
  span: object
}

interface Batch {
  calls: readonly Call[]
  body: string
}

export interface IngestClient {
  /** Sends until it is told to stop or the service is gone; what is not acknowledged waits for the next time. */
  send(url: string, signal: AbortSignal): Promise<void>
  /** Everything that was ever sent is acknowledged after it. */
  settle(url: string): Promise<void>
  /** Resolved when as many more batches are acknowledged. */
  acknowledges(batches: number): Promise<void>
  useLease(leaseId: string): void
  /** The calls that the service said it has, and what they cost. */
  acknowledged: ReadonlyMap<string, bigint>
}

const lanes = 4
const longestMs = 3 * 86_400_000

/** A client that keeps a ledger of its own, sends what was not acknowledged again, a fifth of the rest too, and overlaps its batches. */
export function createIngestClient(token: string): IngestClient {
  const acknowledged = new Map<string, bigint>()
  const sent: Call[] = []
  const settled: Batch[] = []
  const unsettled: Batch[] = []
  const waiting: { at: number; resolve(): void }[] = []
  let lease = { id: '', sequence: 0 }
  let answered = 0

  const newBatch = (): Batch => {
    const fresh = Array.from({ length: randomInt(1, 40) }, () => newCall(lease.id, ++lease.sequence))
    const again = sent.length === 0 ? [] : Array.from({ length: randomInt(0, 6) }, () => pick(sent))
    sent.push(...fresh)
    return toBatch(shuffle([...fresh, ...again].filter((call) => call !== undefined)))
  }
  const nextBatch = () => unsettled.shift() ?? (randomInt(5) === 0 ? pick(settled) : undefined) ?? newBatch()
  const settleBatch = (batch: Batch) => {
    for (const { key, nanos } of batch.calls) acknowledged.set(key, nanos)
    settled.push(batch)
    answered++
    for (const one of waiting) if (one.at <= answered) one.resolve()
  }
  /** False where nobody listens any more. */
  const sendBatch = async (url: string, batch: Batch): Promise<boolean> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const text = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: batch.body })
      .then(async (response) => (response.status === 200 ? response.text() : String(response.status)))
      .catch(() => undefined)
    if (text === '{}') settleBatch(batch)
    else unsettled.push(batch)
    if (text !== undefined && !['{}', '503'].includes(text)) throw new Error(`a batch was answered ${text}`)
    if (text === '503') await wait(20)
    return text !== undefined
  }

  return {
    acknowledged,
    useLease(id) {
      lease = { id, sequence: 0 }
    },
    acknowledges(batches) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ at: answered + batches, resolve })
      return promise
    },
    async send(url, signal) {
      const lane = async () => {
        while (!signal.aborted && (await sendBatch(url, nextBatch())));
      }
      await Promise.all(Array.from({ length: lanes }, lane))
    },
    async settle(url) {
      for (let batch = unsettled.shift(); batch; batch = unsettled.shift()) await sendBatch(url, batch)
    },
  }
}

function newCall(leaseId: string, sequence: number): Call {
  const nanos = BigInt(randomInt(1, 1_000_000_000))
  const attributes = {
    [keylease.reportedNanos]: String(nanos),
    [genAi.responseModel]: randomInt(2) === 0 ? 'gpt-5-mini' : 'gpt-5',
    [usageAttributes.inputUncached]: randomInt(10_000),
  }
  const span = toLeasedSpan(leaseId, sequence, { endedAt: new Date(Date.now() - randomInt(longestMs)), attributes })
  return { key: `${leaseId}/${sequence}`, nanos, span }
}

const toBatch = (calls: readonly Call[]): Batch => ({
  calls,
  body: JSON.stringify(toTraces(...calls.map(({ span }) => span))),
})

const pick = <T>(items: readonly T[]): T | undefined => (items.length === 0 ? undefined : items[randomInt(items.length)])

function shuffle<T>(items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ item, at: randomInt(2 ** 32) }))
  return keyed.toSorted((one, other) => one.at - other.at).map(({ item }) => item)
}
