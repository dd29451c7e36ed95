/** Time as the SDK sees it; tests hand in their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds on a clock that only grows. */
  monotonicMs(): number
  /** Runs once. In the background it does not keep the process alive. */
  setTimer(run: () => void, ms: number, place?: 'background' | 'awaited'): Timer
}

export interface Timer {
  cancel(): void
}

export const systemClock: Clock = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  setTimer(run, ms, place = 'background') {
    const timer: unknown = setTimeout(run, ms)
    if (place === 'background' && hasUnref(timer)) timer.unref()
    return { cancel: () => clearTimeout(timer as ReturnType<typeof setTimeout>) } // what setTimeout of this runtime gave
  },
}

const hasUnref = (timer: unknown): timer is { unref(): void } =>
  typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function'
