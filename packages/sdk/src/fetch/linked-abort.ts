/** Aborts with the caller's signal, or by itself. */
export interface LinkedAbort {
  readonly signal: AbortSignal
  abort(reason: unknown): void
  /** The answer is over: the caller's signal, which may outlive a million calls, lets go of this one. */
  unlink(): void
}

/** By a listener of its own: `AbortSignal.any` holds weakly what it follows, which costs more than the rest of a call. */
export function linkAbort(outer: AbortSignal | null): LinkedAbort {
  const own = new AbortController()
  const abort = (reason: unknown) => own.abort(reason)
  if (outer === null) return { signal: own.signal, abort, unlink: () => undefined }
  const follow = () => own.abort(outer.reason)
  if (outer.aborted) follow()
  else outer.addEventListener('abort', follow, { once: true })
  return { signal: own.signal, abort, unlink: () => outer.removeEventListener('abort', follow) }
}
