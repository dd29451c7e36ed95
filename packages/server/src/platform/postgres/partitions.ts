import pg from 'pg'

/** Tables that are partitioned by time, as migrations make them: how many partitions are kept ready around today. */
const partitionedTables = {
  audit_entry: { grain: 'month', behind: 1, ahead: 3 },
  usage_event: { grain: 'day', behind: 1, ahead: 3 },
  usage_quarter: { grain: 'day', behind: 1, ahead: 3 },
} as const
type PartitionedTable = keyof typeof partitionedTables

interface Span {
  suffix: string
  from: string
  to: string
}

/** Makes what the next days and months need. Nobody but their owner has a right on a partition itself. */
export async function ensurePartitions(ownerPool: pg.Pool, now: Date): Promise<string[]> {
  const made: string[] = []
  for (const table of Object.keys(partitionedTables) as PartitionedTable[]) {
    const { behind, ahead } = partitionedTables[table]
    for (let offset = -behind; offset <= ahead; offset++) made.push(...(await ensurePartition(ownerPool, table, now, offset)))
  }
  return made
}

/** Makes the partition that a time lies in, `offset` partitions on; what it made, if anything. */
export async function ensurePartition(ownerPool: pg.Pool, table: PartitionedTable, at: Date, offset = 0): Promise<string[]> {
  const span = toSpan(partitionedTables[table].grain, at, offset)
  const partition = `${table}_${span.suffix}`
  return (await createPartition(ownerPool, table, partition, span)) ? [partition] : []
}

function toSpan(grain: 'month' | 'day', at: Date, offset: number): Span {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  const start = (by: number) => new Date(grain === 'month' ? Date.UTC(year, month + by, 1) : Date.UTC(year, month, day + by)).toISOString()
  return {
    suffix: start(offset)
      .slice(0, grain === 'month' ? 7 : 10)
      .replaceAll('-', '_'),
    from: start(offset),
    to: start(offset + 1),
  }
}

/** Whether this call made it: replicas that start together make each once, and nobody sees one without row security. */
async function createPartition(pool: pg.Pool, table: string, partition: string, span: Span): Promise<boolean> {
  if (await hasTable(pool, partition)) return false
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('keylease partitions', 0))`)
    const isMissing = !(await hasTable(client, partition))
    if (isMissing) await client.query(toStatements(pg.escapeIdentifier(table), pg.escapeIdentifier(partition), span))
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
function toStatements(parent: string, name: string, span: Span): string {
  return `
    CREATE TABLE ${name} (LIKE ${parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    REVOKE ALL ON ${name} FROM PUBLIC, keylease_app, keylease_auth, keylease_system;
    ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ${name} FORCE ROW LEVEL SECURITY;
    ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM ('${span.from}') TO ('${span.to}')`
}

/** Asked of the catalog itself: to_regclass may answer from a connection's cache. */
async function hasTable(pool: pg.Pool | pg.PoolClient, name: string): Promise<boolean> {
  const found = await pool.query(`SELECT FROM pg_class WHERE relname = $1 AND relnamespace = 'public'::regnamespace`, [name])
  return found.rowCount === 1
}
