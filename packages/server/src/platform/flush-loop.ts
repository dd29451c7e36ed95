/** Writes what waits in memory now and then, one turn at a time, and once more at a drain. It never keeps the process alive. */
export interface FlushLoop {
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export function createFlushLoop(everyMs: number, flushOnce: () => Promise<void>): FlushLoop {
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()

  const flush = () => {
    turn = turn.then(flushOnce)
    return turn
  }
  const start = () => {
    timer = setTimeout(() => void flush().then(() => timer && start()), everyMs)
    timer.unref()
  }
  return {
    flush,
    start,
    async stop() {
      clearTimeout(timer)
      timer = undefined
      await flush()
    },
  }
}
