import type { Clock } from './clock'
import type { Database } from './db'
import type { Log } from './log'

/** The time by which leases are issued and end: one for all replicas, however their own clocks go. */
export interface DatabaseTime {
  now(): Date
  /** Asks the database how far the clock of this machine is off, now and every half minute. */
  start(): Promise<void>
  stop(): void
}

const everyMs = 30_000

export function createDatabaseTime(db: Pick<Database, 'systemPool'>, clock: Clock, log: Log): DatabaseTime {
  let offsetMs = 0
  let timer: NodeJS.Timeout | undefined

  const measure = async () => {
    const askedMs = Date.now()
    const found = await db.systemPool.query<{ at: Date }>('SELECT clock_timestamp() AS at')
    const at = found.rows[0]?.at.getTime() ?? askedMs
    offsetMs = Math.round(at - (askedMs + Date.now()) / 2)
  }

  return {
    now: () => new Date(clock.now().getTime() + offsetMs),
    async start() {
      await measure()
      timer = setInterval(
        () => void measure().catch((error: unknown) => log.debug({ err: error }, 'the time of the database could not be read')),
        everyMs,
      )
      timer.unref()
    },
    stop: () => clearInterval(timer),
  }
}
