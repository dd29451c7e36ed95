import { findRuntime } from './runtime'

interface Watched {
  /** So many calls were recorded. */
  readRecorded(): number
  flush(): Promise<void>
  close(): void
}

/** Watches for the end of the process from when there is something to lose. */
export class ExitWatch {
  readonly #watched: Watched
  #stop: (() => void) | null = null
  #isWatching = false
  #sent = -1

  constructor(watched: Watched) {
    this.#watched = watched
  }

  start(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    void this.#watch().catch(() => {
      this.#isWatching = false
    })
  }

  stop(): void {
    this.#isWatching = false
    this.#stop?.()
    this.#stop = null
  }

  async #watch(): Promise<void> {
    const stop = await findRuntime()?.watchExit({ flush: () => this.#flushNew(), close: () => this.#watched.close() })
    if (this.#isWatching) this.#stop = stop ?? null
    else stop?.()
  }

  /** What could not be sent is not tried again and again while the process ends. */
  #flushNew(): Promise<void> | null {
    const recorded = this.#watched.readRecorded()
    if (recorded === this.#sent) return null
    this.#sent = recorded
    return this.#watched.flush()
  }
}
