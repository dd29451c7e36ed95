/** What the SDK tells its user. */
export interface KeyleaseEvents {
  /** A lease ended before its time; calls go on under a new one where the policy gives it. */
  revoked: { leaseId: string; provider: string }
  renewed: { leaseId: string; provider: string }
  /** A budget changed, or refused a call. */
  budget: { code: string; details: unknown }
  /** Something works less well than it should: the service is away, reports wait or were dropped. */
  degraded: { reason: 'service_unreachable' | 'reports_waiting' | 'reports_dropped' | 'spool_unavailable'; message: string }
}

export interface Emitter {
  on<Name extends keyof KeyleaseEvents>(name: Name, handler: (event: KeyleaseEvents[Name]) => void): () => void
  emit<Name extends keyof KeyleaseEvents>(name: Name, event: KeyleaseEvents[Name]): void
}

/** A handler that throws is its owner's business: the throw surfaces as an uncaught exception, never inside a call. */
export function createEmitter(): Emitter {
  const handlers = new Map<string, Set<(event: never) => void>>()
  return {
    on(name, handler) {
      const known = handlers.get(name) ?? new Set()
      handlers.set(name, known.add(handler))
      return () => void known.delete(handler)
    },
    emit(name, event) {
      for (const handler of handlers.get(name) ?? []) queueMicrotask(() => handler(event as never)) // registered under the name of this event
    },
  }
}
