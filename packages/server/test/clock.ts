import type { Clock } from '../src/platform/clock'

export interface TestClock extends Clock {
  advance(ms: number): void
}

/** Goes on by itself like the real one, and ahead by as much as a test says. */
export function createTestClock(): TestClock {
  let aheadMs = 0
  return {
    now: () => new Date(Date.now() + aheadMs),
    monotonicMs: () => performance.now() + aheadMs,
    advance: (ms) => {
      aheadMs += ms
    },
  }
}
