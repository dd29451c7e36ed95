export interface Lifecycle {
  isDraining(): boolean
  drain(): void
}

/** Whether this process still wants new requests. There is no way back. */
export function createLifecycle(): Lifecycle {
  let draining = false
  return {
    isDraining: () => draining,
    drain: () => {
      draining = true
    },
  }
}
