import pg from 'pg'

/** Tables that are partitioned by month, as migrations make them. */
const monthlyTables = ['audit_entry'] as const
const monthsBehind = 1
const monthsAhead = 3

interface Month {
  suffix: string
  from: string
  to: string
}

/** Makes the partitions of last month to three months on. Nobody but their owner has a right on a partition itself. */
export async function ensurePartitions(ownerPool: pg.Pool, now: Date): Promise<string[]> {
  const made: string[] = []
  for (const table of monthlyTables) {
    for (const month of monthsAround(now)) {
      const partition = `${table}_${month.suffix}`
      if (await createPartition(ownerPool, table, partition, month)) made.push(partition)
    }
  }
  return made
}

function monthsAround(now: Date): Month[] {
  const start = (offset: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1)).toISOString()
  return Array.from({ length: monthsBehind + 1 + monthsAhead }, (_, i) => i - monthsBehind).map((offset) => ({
    suffix: start(offset).slice(0, 7).replace('-', '_'),
    from: start(offset),
    to: start(offset + 1),
  }))
}

/** Whether this call made it: replicas that start together make each once, and nobody sees one without row security. */
async function createPartition(pool: pg.Pool, table: string, partition: string, month: Month): Promise<boolean> {
  if (await hasTable(pool, partition)) return false
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('keylease partitions', 0))`)
    const isMissing = !(await hasTable(client, partition))
    if (isMissing) await client.query(toStatements(pg.escapeIdentifier(table), pg.escapeIdentifier(partition), month))
    await client.query('COMMIT')
    return isMissing
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

/** Attached when it is ready: that, unlike CREATE TABLE … PARTITION OF, lets the table be read and written meanwhile. */
function toStatements(parent: string, name: string, month: Month): string {
  return `
    CREATE TABLE ${name} (LIKE ${parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    REVOKE ALL ON ${name} FROM PUBLIC, keylease_app, keylease_auth, keylease_system;
    ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ${name} FORCE ROW LEVEL SECURITY;
    ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM ('${month.from}') TO ('${month.to}')`
}

/** Asked of the catalog itself: to_regclass may answer from a connection's cache. */
async function hasTable(pool: pg.Pool | pg.PoolClient, name: string): Promise<boolean> {
  const found = await pool.query(`SELECT FROM pg_class WHERE relname = $1 AND relnamespace = 'public'::regnamespace`, [name])
  return found.rowCount === 1
}
