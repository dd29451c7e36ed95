import type { UsageVector } from '@keylease/shared/pricing/vector'
import { catchUp } from '../chores'
import type { Clock } from '../clock'
import { KeyleaseError } from '../errors'
import type { Lease } from '../leases/lease'
import { setRetryAfter } from '../transport/answer'

type Limit = 'requestsPerMinute' | 'tokensPerMinute'

/** What is left of a limit: it fills up evenly, to a minute's worth at most. Below zero it lends what a call took beyond its estimate. */
interface Bucket {
  limit: Limit
  perMinute: number
  left: number
  atMs: number
}

/** A call that its lease has room for. */
export interface Turn {
  /** What it used in truth. */
  settle(vector: UsageVector): void
}

const minuteMs = 60_000
const bytesPerToken = 4
const buckets = new WeakMap<Lease, Bucket[]>()
const freeTurn: Turn = { settle: () => undefined }

/** Counts a call against the limits of its lease; thrown where one of them is used up. The gateway counts for itself. */
export function takeTurn(clock: Clock, lease: Lease, call: { readonly bytes: number }): Turn {
  if (lease.delivery === 'gateway') return freeTurn
  const own = buckets.get(lease) ?? openBuckets(lease, clock.monotonicMs())
  if (own.length === 0) return freeTurn
  catchUp()
  const nowMs = clock.monotonicMs()
  for (const bucket of own) fillUp(bucket, nowMs)
  for (const bucket of own) if (bucket.left < toLeast(bucket)) throw refuse(bucket)
  const estimate = Math.ceil(call.bytes / bytesPerToken)
  for (const bucket of own) bucket.left -= bucket.limit === 'requestsPerMinute' ? 1 : estimate
  return {
    settle(vector) {
      for (const bucket of own) if (bucket.limit === 'tokensPerMinute') bucket.left -= countTokens(vector) - estimate
    },
  }
}

function openBuckets(lease: Lease, nowMs: number): Bucket[] {
  const own = createBuckets(lease.scope, nowMs)
  buckets.set(lease, own)
  return own
}

const createBuckets = (scope: Lease['scope'], atMs: number): Bucket[] =>
  (['requestsPerMinute', 'tokensPerMinute'] as const).flatMap((limit) => {
    const perMinute = scope[limit]
    return typeof perMinute === 'number' ? { limit, perMinute, left: perMinute, atMs } : []
  })

function fillUp(bucket: Bucket, nowMs: number): void {
  bucket.left = Math.min(bucket.perMinute, bucket.left + ((nowMs - bucket.atMs) * bucket.perMinute) / minuteMs)
  bucket.atMs = nowMs
}

/** A request counts whole; of tokens nobody knows how many it will be, so any that are left let it go. */
const toLeast = ({ limit, perMinute }: Bucket): number => Math.min(1, limit === 'requestsPerMinute' ? 1 : perMinute)

function refuse(bucket: Bucket): KeyleaseError {
  const { limit, perMinute, left } = bucket
  const retryAfterSeconds = Math.max(1, Math.ceil(((toLeast(bucket) - left) * minuteMs) / perMinute / 1_000))
  const what = limit === 'requestsPerMinute' ? 'requests' : 'tokens'
  const message = `This lease allows ${perMinute} ${what} a minute. Wait ${retryAfterSeconds} s, or ask for a higher limit in its grant.`
  const details = { limit, perMinute, retryAfterSeconds }
  return setRetryAfter(new KeyleaseError('rate_limited', message, { retryable: true, details }), retryAfterSeconds * 1_000)
}

const countTokens = (vector: UsageVector): number =>
  vector.inputUncached +
  vector.cacheRead +
  vector.cacheWrite5m +
  vector.cacheWrite1h +
  vector.outputText +
  vector.reasoning +
  vector.audioIn +
  vector.audioOut
