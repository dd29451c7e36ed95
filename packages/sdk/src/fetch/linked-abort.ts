/** Aborts with the caller's signal, or by itself: by a listener of its own, for `AbortSignal.any` costs more than the rest of a call. */
export class LinkedAbort {
  readonly signal: AbortSignal
  readonly #own = new AbortController()
  readonly #outer: AbortSignal | null
  readonly #follow = () => this.abort(this.#outer?.reason)
  #stop: (() => void) | null = null

  constructor(outer: AbortSignal | null) {
    this.signal = this.#own.signal
    this.#outer = outer
    if (outer?.aborted) this.#follow()
    else outer?.addEventListener('abort', this.#follow, once)
  }

  abort(reason: unknown): void {
    this.#own.abort(reason)
    this.#stop?.()
  }

  /** Told after whoever listens to the signal; one hears. */
  hear(stop: () => void): void {
    this.#stop = stop
  }

  /** The answer is over: nobody hears, and the caller's signal, which may outlive a million calls, lets go of this one. */
  unlink(): void {
    this.#stop = null
    this.#outer?.removeEventListener('abort', this.#follow)
  }
}

const once = { once: true }
