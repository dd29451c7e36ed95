import pg from 'pg'
import type { ThreadLog } from '../log'

export interface PoolOptions {
  /** Its connections are called after it. */
  name: string
  url: string
  size: number
  waitMs: number
  /** How long a connection may rest inside a transaction; 0 for as long as it likes. */
  idleMs: number
}

export const connectMs = 5_000
export const statementMs = 30_000

export function openPool({ name, url, size, waitMs, idleMs }: PoolOptions, log: Pick<ThreadLog, 'warn' | 'debug'>): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    application_name: `keylease-${name}`,
    connectionTimeoutMillis: waitMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    onConnect: (client) => limitSession(client, idleMs),
  })
  pool.on('error', (error) => {
    // A pool that is ending may see the server end first.
    if (!pool.ending) log.warn({ err: error, pool: name }, 'an idle database connection was lost')
  })
  // A connection that is lost while checked out reports here as well as to its query; unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', (error) => log.debug({ err: error, pool: name }, 'a database connection was lost')))
  return pool
}

/** As statements: a session pooler refuses start-up parameters that it does not know. */
async function limitSession(client: pg.ClientBase, idleMs: number): Promise<void> {
  await client.query(`SET statement_timeout = ${statementMs}; SET idle_in_transaction_session_timeout = ${idleMs}`)
}
