export interface Clock {
  now(): Date
  /** Milliseconds that only ever grow, for measuring spans of time. */
  monotonicMs(): number
}

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }
