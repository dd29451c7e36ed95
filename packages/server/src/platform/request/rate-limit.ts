import type { RateLimitClass } from '@keylease/shared/contracts/endpoint'
import type { Clock } from '../clock'

/** `perMinute` is what a caller may keep up for ever, `burst` what it may send at once after a rest. Whole numbers from 1. */
export interface RateLimits {
  perMinute: number
  burst: number
}

/**
 * Probes must never flap. Public callers are addresses, and an office shares one: a minute's worth may come at once.
 * A dashboard page reads about 20 lists. An agent leases and renews as often as it calls. A script that sets up an organization writes a few hundred rows in one go.
 */
export const rateTable = {
  probe: { perMinute: 6_000_000, burst: 1_000_000 },
  public: { perMinute: 300, burst: 300 },
  read: { perMinute: 6_000, burst: 600 },
  write: { perMinute: 1_200, burst: 600 },
  machine: { perMinute: 60_000, burst: 6_000 },
} as const satisfies Record<RateLimitClass, RateLimits>

export interface RateDecision {
  admitted: boolean
  limit: number
  remaining: number
  resetSeconds: number
  retryAfterSeconds: number
  policy: string
}

export interface RateLimiter {
  /** Takes one token of the caller's bucket for this class; `limits` replaces the table's for a caller that has its own. */
  take(callerKey: string, rateClass: RateLimitClass, limits?: RateLimits): RateDecision
}

/** `level` and the numbers beside it are in 1/60,000 of a token: what one request per minute earns in one millisecond. */
interface Bucket {
  level: number
  atMs: number
  capacity: number
  perMinute: number
}

const unitsPerToken = 60_000
const maximumBuckets = 50_000

/** Each of n live replicas enforces 1/n: a request costs n tokens of a bucket that earns and holds the whole limit. */
export function createRateLimiter(options: { clock: Clock; live: () => number }): RateLimiter {
  const buckets = new Map<string, Bucket>()

  return {
    take(callerKey, rateClass, limits = rateTable[rateClass]) {
      const nowMs = Math.floor(options.clock.monotonicMs())
      const cost = unitsPerToken * Math.max(1, Math.floor(options.live()) || 1)
      const capacity = Math.max(cost, limits.burst * unitsPerToken)
      const key = `${rateClass} ${callerKey}`
      const bucket = refill(buckets.get(key), capacity, limits.perMinute, nowMs)
      const admitted = bucket.level >= cost
      if (admitted) bucket.level -= cost
      keepBucket(buckets, key, bucket, nowMs)
      return decide(bucket, cost, admitted, limits)
    },
  }
}

/** Limiting headers for every answer: what is left now, and when the next request is worth sending. */
export function rateHeaders(decision: RateDecision): Record<string, string> {
  return {
    'RateLimit-Limit': String(decision.limit),
    'RateLimit-Remaining': String(decision.remaining),
    'RateLimit-Reset': String(decision.resetSeconds),
    'RateLimit-Policy': decision.policy,
    ...(decision.admitted ? {} : { 'Retry-After': String(decision.retryAfterSeconds) }),
  }
}

function refill(bucket: Bucket | undefined, capacity: number, perMinute: number, nowMs: number): Bucket {
  if (!bucket) return { level: capacity, atMs: nowMs, capacity, perMinute }
  return { level: Math.min(capacity, levelAt(bucket, nowMs)), atMs: nowMs, capacity, perMinute }
}

/** Bounded before it is multiplied, so that a jump of the clock neither overflows nor overfills; a step back earns nothing. */
function levelAt(bucket: Bucket, nowMs: number): number {
  const msToFull = Math.ceil((bucket.capacity - bucket.level) / bucket.perMinute)
  const elapsedMs = Math.min(msToFull, Math.max(0, nowMs - bucket.atMs))
  return Math.min(bucket.capacity, bucket.level + elapsedMs * bucket.perMinute)
}

/** A full bucket says nothing that a new one would not; the least recent ones are asked first, and go when memory is up. */
function keepBucket(buckets: Map<string, Bucket>, key: string, bucket: Bucket, nowMs: number): void {
  buckets.delete(key)
  buckets.set(key, bucket)
  for (const [oldestKey, oldest] of buckets) {
    if (oldestKey === key || (buckets.size <= maximumBuckets && levelAt(oldest, nowMs) < oldest.capacity)) break
    buckets.delete(oldestKey)
  }
}

function decide(bucket: Bucket, cost: number, admitted: boolean, limits: RateLimits): RateDecision {
  const secondsUntil = (level: number) => Math.ceil(Math.max(0, level - bucket.level) / limits.perMinute / 1_000)
  return {
    admitted,
    limit: Math.floor(bucket.capacity / cost),
    remaining: Math.floor(bucket.level / cost),
    resetSeconds: secondsUntil(bucket.capacity),
    retryAfterSeconds: admitted ? 0 : secondsUntil(cost),
    policy: `${limits.perMinute};w=60;burst=${limits.burst}`,
  }
}
