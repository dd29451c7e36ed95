import type { Clock } from '../src/clock'

interface Waiting {
  atMs: number
  run(): void
}

/** Time that passes when a test says so. Wall and monotonic time can be moved apart. */
export class ManualClock implements Clock {
  wallMs = Date.parse('2026-11-21T10:00:00.000Z')
  grownMs = 1_000
  readonly timers = new Set<Waiting>()

  now = () => this.wallMs
  monotonicMs = () => this.grownMs

  setTimer(run: () => void, ms: number) {
    const timer: Waiting = { atMs: this.grownMs + ms, run }
    this.timers.add(timer)
    return { cancel: () => void this.timers.delete(timer) }
  }

  /** Runs what is due on the way, in its order. */
  async pass(ms: number): Promise<void> {
    const until = this.grownMs + ms
    for (let next = this.#nextBefore(until); next; next = this.#nextBefore(until)) {
      this.#moveTo(next.atMs)
      this.timers.delete(next)
      next.run()
      await settle()
    }
    this.#moveTo(until)
    await settle()
  }

  /** A machine that sleeps: no timer runs, and only the wall clock knows how long. */
  freeze(ms: number): void {
    this.wallMs += ms
  }

  /** The earliest of the timers, from now on. */
  get nextInMs(): number {
    return Math.min(...[...this.timers].map(({ atMs }) => atMs)) - this.grownMs
  }

  #nextBefore(untilMs: number): Waiting | undefined {
    const [next] = [...this.timers].sort((one, other) => one.atMs - other.atMs)
    return next && next.atMs <= untilMs ? next : undefined
  }

  #moveTo(ms: number): void {
    this.wallMs += Math.max(0, ms - this.grownMs)
    this.grownMs = Math.max(this.grownMs, ms)
  }
}

/** Lets everything run that waits for nothing but its turn. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
