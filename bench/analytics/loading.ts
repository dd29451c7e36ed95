import { setPriority } from 'node:os'
import type { BenchSite } from '../support/service'

type Connect = BenchSite['connectSuperuser']
export type Client = Awaited<ReturnType<Connect>>
export type Task = (client: Client) => Promise<void>

/** Writing is nobody's hurry: whoever else works on the machine goes first. */
const patience = 10

/** A connection that writes much at once. */
export async function openLoader(connect: Connect): Promise<Client> {
  const client = await connect()
  await client.query(`SET synchronous_commit = off; SET jit = off; SET maintenance_work_mem = '1GB'; SET work_mem = '256MB';
    SET max_parallel_maintenance_workers = 0; SET default_statistics_target = 30; SET max_parallel_workers_per_gather = 0`)
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  setPriority(rows[0]?.pid ?? 0, patience)
  return client
}

/** Each task by whichever connection is free. */
export async function shareTasks(clients: readonly Client[], tasks: readonly Task[]): Promise<void> {
  const left = tasks.values()
  await Promise.all(
    clients.map(async (client) => {
      for (const task of left) await task(client)
    }),
  )
}

/**
 * Rows come first and keys after them, beside the WAL: what is read then is the table as the migrations made it. A partition is
 * taken out meanwhile, so that others are read and written.
 */
export async function loadPartition(client: Client, table: string, partition: string, insert: string): Promise<void> {
  const bounds = await readText(
    client,
    `SELECT pg_get_expr(relpartbound, oid) AS text FROM pg_class WHERE oid = '${partition}'::regclass AND relispartition`,
  )
  await client.query(`ALTER TABLE ${table} DETACH PARTITION ${partition}`)
  await loadTable(client, partition, insert)
  await cleanTables(client, partition)
  await client.query(`ALTER TABLE ${table} ATTACH PARTITION ${partition} ${bounds}`)
}

/** What was written is told first: else Postgres, told of it after, would clean once more while queries are measured. */
export async function cleanTables(client: Client, tables: string): Promise<void> {
  await client.query('SELECT pg_stat_force_next_flush()')
  await client.query(`VACUUM (ANALYZE) ${tables}`)
}

export async function loadTable(client: Client, table: string, insert: string): Promise<void> {
  const { rows: keys } = await client.query<{ name: string; definition: string }>(
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conrelid = '${table}'::regclass AND contype = 'p'`,
  )
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = '${table}'::regclass AND NOT indisprimary`,
  )
  for (const { name } of keys) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`)
  await client.query(`TRUNCATE ${table}; ALTER TABLE ${table} SET UNLOGGED`)
  await client.query(insert)
  for (const { name, definition } of keys) await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`)
  for (const { definition } of indexes) await client.query(definition)
}

async function readText(client: Client, sql: string): Promise<string> {
  const { rows } = await client.query<{ text: string }>(sql)
  const [row] = rows
  if (!row) throw new Error(`nothing was found by: ${sql}`)
  return row.text
}
