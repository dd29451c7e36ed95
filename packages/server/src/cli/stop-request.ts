type StopReason = 'asked' | 'launcher gone' | 'crash'

export interface StopRequest {
  signal: AbortSignal
  requested: Promise<StopReason>
}

// A terminal, npm and a supervisor may each deliver the same request.
const sameRequestMs = 1_000
const longestStopMs = 45_000

/** One request stops gracefully; a second one, or a stop that does not end, ends the process at once. */
export function watchForStop(onCrash: (error: unknown) => void): StopRequest {
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<StopReason>()
  let firstAt: number | undefined
  const request = (reason: StopReason) => {
    if (firstAt === undefined) {
      firstAt = performance.now()
      setTimeout(() => process.exit(1), longestStopMs).unref()
      controller.abort()
      resolve(reason)
    } else if (reason === 'asked' && performance.now() - firstAt > sameRequestMs) process.exit(1)
  }
  process.on('SIGINT', () => request('asked'))
  process.on('SIGTERM', () => request('asked'))
  if (process.connected) process.on('disconnect', () => request('launcher gone'))
  const crash = (error: unknown) => {
    onCrash(error)
    request('crash')
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  // Whoever read what we print may be gone before us.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  return { signal: controller.signal, requested: promise }
}
