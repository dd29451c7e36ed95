import { randomUUID } from 'node:crypto'
import type { Clock } from './clock'
import type { Database } from './db'

export interface Replicas {
  start(): Promise<void>
  stop(): Promise<void>
  /** Processes that serve right now, this one included. While the database is away, the last count stands. */
  live(): number
}

const heartbeatMs = 5_000
const seenSeconds = 15

/** Each process says that it lives; limits that all share are divided by their number. */
export function createReplicas(db: Pick<Database, 'systemPool'>, clock: Clock): Replicas {
  const id = randomUUID()
  const startedAt = clock.now()
  let count = 1
  let beating: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  const beat = async () => {
    const found = await db.systemPool.query<{ others: number }>(
      `WITH beat AS (
         INSERT INTO replica (id, started_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = now()
       )
       SELECT count(*)::integer AS others FROM replica WHERE id <> $1 AND seen_at > now() - make_interval(secs => $3)`,
      [id, startedAt, seenSeconds],
    )
    count = 1 + (found.rows[0]?.others ?? 0)
  }
  // The pool and the change feed log that the database is away; the next beat tells when it is back.
  const tryBeat = () => {
    beating = beat().catch(() => undefined)
    return beating
  }

  return {
    async start() {
      await tryBeat()
      timer = setInterval(tryBeat, heartbeatMs)
    },
    async stop() {
      clearInterval(timer)
      await beating
      await db.systemPool.query('DELETE FROM replica WHERE id = $1', [id]).catch(() => undefined)
    },
    live: () => count,
  }
}
