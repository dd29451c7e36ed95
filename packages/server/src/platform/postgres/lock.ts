import type pg from 'pg'

/** Runs `work` in one process at a time across replicas. The lock lives as long as its transaction: a crash frees it. */
export async function withLock<T>(pool: pg.Pool, name: string, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`keylease ${name}`])
    return await work()
  } finally {
    await client.query('ROLLBACK').finally(() => client.release())
  }
}
