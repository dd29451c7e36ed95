export interface ExitHook {
  /** Null where there is nothing new to send. */
  flush(): Promise<void> | null
  /** The last moment: nothing asynchronous happens any more. */
  close(): void
}

const hooks = new Set<ExitHook>()
let isEnding = false

/** One set of listeners for all of them, and none while there is no hook. */
export function watchExit(hook: ExitHook): () => void {
  if (hooks.size === 0) {
    process.on('beforeExit', flushAll).on('exit', closeAll).on('SIGTERM', endByTerm)
  }
  hooks.add(hook)
  return () => {
    if (hooks.delete(hook) && hooks.size === 0) {
      process.off('beforeExit', flushAll).off('exit', closeAll).off('SIGTERM', endByTerm)
    }
  }
}

/** What it starts keeps the process alive until it is done, and `beforeExit` comes again: then there is nothing new. */
async function flushAll(): Promise<void> {
  await Promise.allSettled([...hooks].map((hook) => hook.flush()))
}

function closeAll(): void {
  for (const hook of hooks) hook.close()
}

/** A process that listens to the signal itself ends as it wants to. One that does not would have ended at once: it ends after the reports. */
async function endByTerm(): Promise<void> {
  const isOurs = process.listenerCount('SIGTERM') === 1
  if (!isEnding) {
    isEnding = true
    await flushAll()
    isEnding = false
  }
  if (!isOurs) return
  process.off('SIGTERM', endByTerm)
  closeAll()
  process.kill(process.pid, 'SIGTERM')
}
