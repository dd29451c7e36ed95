export interface Lifecycle {
  isDraining(): boolean
  drain(): void
  /** What stays open until somebody ends it is ended here. */
  onDrain(handler: () => void): void
}

/** Whether this process still wants new requests. There is no way back. */
export function createLifecycle(): Lifecycle {
  let draining = false
  const handlers: (() => void)[] = []
  return {
    isDraining: () => draining,
    drain: () => {
      draining = true
      for (const handler of handlers) handler()
    },
    onDrain: (handler) => void handlers.push(handler),
  }
}
