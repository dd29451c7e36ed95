/** Aborts with the caller's signal, or by itself. */
export interface LinkedAbort {
  readonly signal: AbortSignal
  abort(reason: unknown): void
  /** Told after whoever listens to the signal; one hears. */
  hear(stop: () => void): void
  /** The answer is over: nobody hears, and the caller's signal, which may outlive a million calls, lets go of this one. */
  unlink(): void
}

/** By a listener of its own: `AbortSignal.any` holds weakly what it follows, which costs more than the rest of a call. */
export function linkAbort(outer: AbortSignal | null): LinkedAbort {
  const own = new AbortController()
  let heard: (() => void) | null = null
  const abort = (reason: unknown) => {
    own.abort(reason)
    heard?.()
  }
  const follow = () => abort(outer?.reason)
  if (outer?.aborted) follow()
  else outer?.addEventListener('abort', follow, { once: true })
  return {
    signal: own.signal,
    abort,
    hear(stop) {
      heard = stop
    },
    unlink() {
      heard = null
      outer?.removeEventListener('abort', follow)
    },
  }
}
