import type { Timer } from '../clock'
import type { Config } from '../config'
import { type ServerEvent, ServerEventReader } from './server-events'

/** Opens a stream that does not keep the process alive; `end` is called once, whatever ends it, with the status that refused it. */
export type OpenStream = (
  url: string,
  headers: Record<string, string>,
  on: { text(chunk: string): void; end(refusal?: number): void },
) => { close(): void }

export interface Connection {
  /** Asked again, it goes on. */
  start(): void
  stop(): void
}

const firstBackOffMs = 500
const longestBackOffMs = 30_000
/** The service sends something every 15 seconds. */
const silenceMs = 45_000
/** One that ends sooner counts as failed, so that what always ends at once is not asked all the time. */
const steadyMs = 10_000

/** The event stream, opened again whenever it ends, breaks, falls silent or says what cannot be read. */
export function createConnection(
  config: Config,
  openStream: OpenStream,
  hear: (event: ServerEvent) => void,
  onRefusal: () => void,
): Connection {
  const { clock } = config
  let stream: { close(): void } | null = null
  let timer: Timer | null = null
  let watchdog: Timer | null = null
  let failures = 0
  let openedAtMs = 0
  let isRunning = false

  const watch = () => {
    watchdog?.cancel()
    watchdog = clock.setTimer(() => stream?.close(), silenceMs)
  }

  const listen = (reader: ServerEventReader, chunk: string) => {
    watch()
    try {
      for (const event of reader.push(chunk)) hear(event)
    } catch {
      // What speaks so is not the service, or not of this release: all that was missed comes with the next opening.
      stream?.close()
    }
  }

  const connect = async () => {
    const reader = new ServerEventReader()
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${(await config.readToken()).reveal()}` }
    if (!isRunning) return
    watch()
    openedAtMs = clock.monotonicMs()
    stream = openStream(`${config.url}/v1/events`, headers, {
      text: (chunk) => listen(reader, chunk),
      end: (refusal) => {
        if (refusal === 401 || refusal === 403) onRefusal()
        again()
      },
    })
  }

  const again = () => {
    watchdog?.cancel()
    if (!isRunning) return
    if (stream !== null && clock.monotonicMs() - openedAtMs >= steadyMs) failures = 0
    stream = null
    const ms = Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures++) * (0.5 + Math.random() / 2)
    timer = clock.setTimer(() => void connect().catch(again), ms)
  }

  return {
    start() {
      if (isRunning) return
      isRunning = true
      void connect().catch(again)
    },
    stop() {
      isRunning = false
      timer?.cancel()
      watchdog?.cancel()
      stream?.close()
      stream = null
    },
  }
}
