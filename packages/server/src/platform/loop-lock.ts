import type pg from 'pg'
import type { Database } from './db'

export interface LoopLock {
  /** Whether this process may run the loop now: it holds the loop's session lock on a connection that answers. */
  hold(name: string): Promise<boolean>
  release(): Promise<void>
}

/** Session locks of one process on one direct connection: Postgres frees them when the process or its connection dies. */
export function createLoopLock(db: Pick<Database, 'connectDirect'>): LoopLock {
  const held = new Set<string>()
  let connection: Promise<pg.Client> | undefined

  const forget = (lost: Promise<pg.Client> | undefined) => {
    if (connection !== lost) return
    held.clear()
    connection = undefined
  }

  const connect = () => {
    const opening = db.connectDirect()
    opening.then((client) => client.once('end', () => forget(opening))).catch(() => forget(opening))
    return opening
  }

  /** One question at a time: the loops of a process share the connection. */
  let last: Promise<unknown> = Promise.resolve()
  const ask = (sql: string, values: string[]) => {
    const answer = last.then(() => askNow(sql, values))
    last = answer.catch(() => undefined)
    return answer
  }

  const askNow = async (sql: string, values: string[]) => {
    connection ??= connect()
    const opening = connection
    const client = await opening
    try {
      const found = await client.query<{ held: boolean }>(sql, values)
      return found.rows[0]?.held === true
    } catch (error) {
      forget(opening)
      await client.end()
      throw error
    }
  }

  return {
    async hold(name) {
      if (held.has(name)) return ask('SELECT true AS held', [])
      const isHeld = await ask('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held', [`keylease loop ${name}`])
      if (isHeld) held.add(name)
      return isHeld
    },
    async release() {
      const opening = connection
      forget(opening)
      const client = await opening?.catch(() => undefined)
      await client?.end()
    },
  }
}
