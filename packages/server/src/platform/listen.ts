import type pg from 'pg'
import type { Database } from './db'
import type { Log } from './log'

export interface Listener {
  /** Done once it hears, or has failed to for the first time. */
  start(): Promise<void>
  stop(): Promise<void>
}

const firstDelayMs = 100
const longestDelayMs = 5_000

/** Hears one channel on a direct connection and connects again when that is lost. `onWake` also runs, without payload, after each connect. */
export function createListener(
  db: Pick<Database, 'connectDirect'>,
  channel: string,
  log: Log,
  onWake: (payload?: string) => void,
): Listener {
  let running = false
  let failures = 0
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let connecting: Promise<void> = Promise.resolve()

  const connect = async () => {
    const fresh = await db.connectDirect()
    if (!running) return fresh.end()
    client = fresh
    fresh.on('notification', ({ payload = '' }) => onWake(payload))
    fresh.once('end', () => {
      if (client === fresh) retry()
    })
    await fresh.query(`LISTEN ${channel}`)
    failures = 0
    onWake()
  }

  const attempt = () => {
    connecting = connect().catch(async (error: unknown) => {
      log.debug({ err: error, channel }, 'listening failed; the poll carries on meanwhile')
      const lost = client
      client = undefined
      await lost?.end()
      retry()
    })
  }

  const retry = () => {
    client = undefined
    if (!running) return
    const longest = Math.min(longestDelayMs, firstDelayMs * 2 ** failures)
    failures = Math.min(failures + 1, 10)
    clearTimeout(timer)
    timer = setTimeout(attempt, longest / 2 + Math.random() * (longest / 2))
  }

  return {
    start() {
      running = true
      attempt()
      return connecting
    },
    async stop() {
      running = false
      clearTimeout(timer)
      await connecting
      const open = client
      client = undefined
      await open?.end()
    },
  }
}
