import pg from 'pg'
import { isLockTimeout } from './sql-state'

interface Partitioning {
  grain: 'month' | 'day'
  behind: number
  ahead: number
  fillFactor?: number
}

/** Tables that are partitioned by time, as migrations make them: how many partitions are kept ready around today. */
const partitionedTables = {
  audit_entry: { grain: 'month', behind: 1, ahead: 3 },
  usage_event: { grain: 'day', behind: 1, ahead: 3 },
  usage_quarter: { grain: 'day', behind: 1, ahead: 3, fillFactor: 70 },
  usage_hour: { grain: 'day', behind: 1, ahead: 3, fillFactor: 70 },
} as const satisfies Record<string, Partitioning>
type PartitionedTable = keyof typeof partitionedTables

interface NewPartition {
  table: string
  partition: string
  /** Rows that are added to again and again have room to change where they stand. */
  fillFactor: number
}

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
  const { grain, fillFactor = 100 }: Partitioning = partitionedTables[table]
  const span = toSpan(grain, at, offset)
  const partition = `${table}_${span.suffix}`
  return (await createPartition(ownerPool, { table, partition, fillFactor }, span)) ? [partition] : []
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

const makersLock = `hashtextextended('keylease partitions', 0)`

/** Whether this call made it: replicas that start together make each once, and nobody sees one without row security. */
async function createPartition(pool: pg.Pool, made: NewPartition, span: Span): Promise<boolean> {
  const { partition } = made
  if (await hasTable(pool, partition)) {
    // Seen as soon as its maker has committed; that others can write to it is certain once the maker's lock is free.
    await pool.query(`SELECT pg_advisory_xact_lock_shared(${makersLock})`)
    return false
  }
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${makersLock})`)
    const isMissing = !(await hasTable(client, partition))
    if (isMissing) await client.query(toStatements(made, span))
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
function toStatements({ table, partition, fillFactor }: NewPartition, span: Span): string {
  const [parent, name] = [pg.escapeIdentifier(table), pg.escapeIdentifier(partition)]
  return `
    CREATE TABLE ${name} (LIKE ${parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = ${fillFactor});
    REVOKE ALL ON ${name} FROM PUBLIC, keylease_app, keylease_auth, keylease_system;
    ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ${name} FORCE ROW LEVEL SECURITY;
    ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM ('${span.from}') TO ('${span.to}')`
}

export interface Partition {
  partition: string
  from: Date
  to: Date
}

/** Those that there are, the oldest first, by the names that they get here. */
export async function listPartitions(client: pg.ClientBase | pg.Pool, table: PartitionedTable): Promise<Partition[]> {
  const { grain }: Partitioning = partitionedTables[table]
  const found = await client.query<{ partition: string }>(
    `SELECT c.relname AS partition FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
     WHERE inhparent = $1::regclass AND relname ~ $2 ORDER BY 1`,
    [`public.${table}`, `^${table}_\\d{4}(_\\d{2}){${grain === 'month' ? 1 : 2}}$`],
  )
  return found.rows.map(({ partition }) => {
    const [year = 0, month = 1, day = 1] = partition
      .slice(table.length + 1)
      .split('_')
      .map(Number)
    const { from, to } = toSpan(grain, new Date(Date.UTC(year, month - 1, day)), 0)
    return { partition, from: new Date(from), to: new Date(to) }
  })
}

/** Whether it is gone. It waits for the table for half a second at most: whoever writes meanwhile waits no longer behind it. */
export async function dropPartition(ownerPool: pg.Pool, table: PartitionedTable, partition: string): Promise<boolean> {
  const [parent, name] = [pg.escapeIdentifier(table), pg.escapeIdentifier(partition)]
  const client = await ownerPool.connect()
  try {
    await client.query(
      `BEGIN; SET LOCAL lock_timeout = '500ms'; ALTER TABLE ${parent} DETACH PARTITION ${name}; DROP TABLE ${name}; COMMIT`,
    )
    return true
  } catch (error) {
    await client.query('ROLLBACK')
    if (isLockTimeout(error)) return false
    throw error
  } finally {
    client.release()
  }
}

/** Asked of the catalog itself: to_regclass may answer from a connection's cache. */
async function hasTable(pool: pg.Pool | pg.PoolClient, name: string): Promise<boolean> {
  const found = await pool.query(`SELECT FROM pg_class WHERE relname = $1 AND relnamespace = 'public'::regnamespace`, [name])
  return found.rowCount === 1
}
