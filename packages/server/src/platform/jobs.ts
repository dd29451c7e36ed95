import { PgBoss } from 'pg-boss'
import { StartError } from '../env'
import type { Clock } from './clock'
import type { Database } from './db'
import type { Log } from './log'
import { createLoopLock } from './loop-lock'
import { isDatabaseAway, readSqlState } from './postgres/sql-state'

export interface Jobs {
  /** Runs at each time of the cron expression (UTC), in one of the replicas. Register before start. */
  schedule(name: string, cron: string, handler: () => Promise<void>): void
  /** Runs again and again in exactly one of the replicas; if that one dies, another goes on. Register before start. */
  loop(name: string, everyMs: number, handler: () => Promise<void>): void
  start(): Promise<void>
  /** Waits for what is running. */
  stop(): Promise<void>
}

export interface JobTuning {
  /** How often a replica looks for schedules that are due. */
  cronSeconds?: number
}

interface Schedule {
  name: string
  cron: string
  handler: () => Promise<void>
}

interface Loop {
  name: string
  everyMs: number
  handler: () => Promise<void>
  timer?: NodeJS.Timeout
  turn?: Promise<void>
}

const drainMs = 20_000
const queue = { policy: 'exclusive', retryLimit: 3, retryDelay: 5, retryBackoff: true, expireInSeconds: 900, deleteAfterSeconds: 86_400 }

export function createJobs(db: Pick<Database, 'connectDirect'>, ownerUrl: string, log: Log, clock: Clock, tuning: JobTuning = {}): Jobs {
  const schedules: Schedule[] = []
  const loops: Loop[] = []
  const lock = createLoopLock(db)
  const boss = createBoss(ownerUrl, log, tuning)
  let running = false

  const runTurn = async (loop: Loop) => {
    const startedAt = clock.monotonicMs()
    try {
      if (await lock.hold(loop.name)) await loop.handler()
    } catch (error) {
      const level = isDatabaseAway(error) ? 'debug' : 'error'
      log[level]({ err: error, loop: loop.name }, 'a loop failed; it runs again at its next turn')
    }
    if (running) loop.timer = setTimeout(() => startTurn(loop), Math.max(0, loop.everyMs - (clock.monotonicMs() - startedAt)))
  }
  const startTurn = (loop: Loop) => {
    loop.turn = runTurn(loop)
  }

  return {
    schedule: (name, cron, handler) => void schedules.push({ name, cron, handler }),
    loop: (name, everyMs, handler) => void loops.push({ name, everyMs, handler }),
    async start() {
      running = true
      await boss.start().catch((cause: unknown) => {
        throw toStartError(cause)
      })
      for (const schedule of schedules) await register(boss, schedule, log, tuning)
      for (const loop of loops) startTurn(loop)
    },
    async stop() {
      running = false
      for (const loop of loops) clearTimeout(loop.timer)
      await Promise.all([boss.stop({ graceful: true, timeout: drainMs }), ...loops.map((loop) => loop.turn)])
      await lock.release()
    },
  }
}

function createBoss(ownerUrl: string, log: Log, { cronSeconds = 30 }: JobTuning): PgBoss {
  const boss = new PgBoss({
    connectionString: ownerUrl,
    schema: 'pgboss',
    application_name: 'keylease-jobs',
    max: 2,
    connectionTimeoutMillis: 5_000,
    cronMonitorIntervalSeconds: cronSeconds,
    cronWorkerIntervalSeconds: Math.min(5, cronSeconds),
  })
  boss.on('error', (error) => log.warn({ err: error }, 'the job queue met an error and tries again'))
  return boss
}

async function register(boss: PgBoss, { name, cron, handler }: Schedule, log: Log, { cronSeconds = 30 }: JobTuning): Promise<void> {
  await boss.createQueue(name, queue)
  await boss.work(name, { pollingIntervalSeconds: Math.min(10, cronSeconds) }, async () => {
    try {
      await handler()
    } catch (error) {
      log.error({ err: error, job: name }, 'a scheduled job failed')
      throw error
    }
  })
  await boss.schedule(name, cron, null, { tz: 'UTC' })
}

function toStartError(cause: unknown): unknown {
  if (readSqlState(cause) !== '42501') return cause
  return new StartError('The role in DATABASE_URL may not create the schema pgboss; make it the owner of the database.', { cause })
}
