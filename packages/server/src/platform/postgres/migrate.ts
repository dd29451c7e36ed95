import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { StartError } from '../../env'
import type { Log } from '../log'
import { type Migration, readMigrations } from './migrations'
import { isDatabaseAway, readSqlState } from './sql-state'

export interface MigrateOptions {
  directory?: string
  log: Log
}

export interface MigrateResult {
  applied: string[]
  /** What this code brings. */
  release: number
  /** What the database has seen: one ahead of the code while an upgrade is rolled back. */
  databaseRelease: number
}

interface AppliedMigration {
  name: string
  checksum: string
  finished: boolean
  release: number | null
}

/** The lock that `prisma migrate deploy` takes, so neither runs beside the other. */
export const migrationLock = 72_707_369
const lockTimeout = '15s'

/** Brings the database to this code's release. Replicas that start together wait for one another and apply each migration once. */
export async function migrateDatabase(ownerUrl: string, options: MigrateOptions): Promise<MigrateResult> {
  const migrations = await readMigrations(options.directory)
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'keylease-migrate', connectionTimeoutMillis: 10_000 })
  client.on('error', (error) => options.log.debug({ err: error }, 'the migration connection was lost'))
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock])
    await ensureTables(client)
    const known = await listApplied(client)
    const release = Math.max(0, ...migrations.map((migration) => migration.release))
    checkApplied(migrations, known, release, options.log)
    const applied = await applyMissing(client, migrations, known, options.log)
    await recordReleases(client, migrations)
    return { applied, release, databaseRelease: Math.max(release, ...known.map((row) => row.release ?? 0)) }
  } finally {
    await client.end()
  }
}

/** For readiness: this code's migrations that the database lacks. keylease_system may read the table. */
export async function listMissingMigrations(systemPool: pg.Pool, directory?: string): Promise<string[]> {
  const migrations = await readMigrations(directory)
  const found = await systemPool.query<{ migration_name: string }>(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  )
  const applied = new Set(found.rows.map((row) => row.migration_name))
  return migrations.map((migration) => migration.name).filter((name) => !applied.has(name))
}

async function ensureTables(client: pg.Client): Promise<void> {
  try {
    await client.query(`
      CREATE TABLE IF NOT EXISTS _prisma_migrations (
        id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
        logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);
      CREATE TABLE IF NOT EXISTS keylease_release (migration_name text PRIMARY KEY, release integer NOT NULL);
      GRANT SELECT ON _prisma_migrations, keylease_release TO keylease_system`)
  } catch (cause) {
    if (readSqlState(cause) !== '42501') throw cause
    throw new StartError('The role in DATABASE_URL may not create tables; make it the owner of the database and of its tables.', { cause })
  }
}

async function listApplied(client: pg.Client): Promise<AppliedMigration[]> {
  const found = await client.query<AppliedMigration>(`
    SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished, release
    FROM _prisma_migrations LEFT JOIN keylease_release USING (migration_name)
    WHERE rolled_back_at IS NULL ORDER BY migration_name`)
  return found.rows
}

function checkApplied(migrations: Migration[], applied: AppliedMigration[], release: number, log: Log): void {
  const byName = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const row of applied) {
    const migration = byName.get(row.name)
    if (!row.finished) throw new StartError(`Migration ${row.name} was begun by another tool and not finished; resolve it there first.`)
    if (migration && migration.checksum !== row.checksum) {
      throw new StartError(
        `Migration ${row.name} was edited after it was applied; restore its file and put the change into a new migration.`,
      )
    }
    if (migration) continue
    if (row.release !== release + 1) {
      throw new StartError(`The database was migrated by a newer Keylease (migration ${row.name}); start that version or a newer one.`)
    }
    log.warn({ migration: row.name, release }, 'the database is one release ahead of this version, which goes on working with it')
  }
}

async function applyMissing(client: pg.Client, migrations: Migration[], known: AppliedMigration[], log: Log): Promise<string[]> {
  const done = new Set(known.map((row) => row.name))
  const missing = migrations.filter((migration) => !done.has(migration.name))
  for (const migration of missing) {
    await applyMigration(client, migration)
    log.info({ migration: migration.name }, 'migration applied')
  }
  return missing.map((migration) => migration.name)
}

/** The migration and its row commit together: after a crash it is applied or absent. */
async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = '${lockTimeout}'`)
    await client.query(migration.sql)
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    )
    await client.query('INSERT INTO keylease_release (migration_name, release) VALUES ($1, $2)', [migration.name, migration.release])
    await client.query('COMMIT')
  } catch (cause) {
    throw toStartError(migration, cause)
  }
}

/** Rows of migrations that another tool applied have no release yet. */
async function recordReleases(client: pg.Client, migrations: Migration[]): Promise<void> {
  await client.query(
    'INSERT INTO keylease_release (migration_name, release) SELECT * FROM unnest($1::text[], $2::integer[]) ON CONFLICT DO NOTHING',
    [migrations.map((migration) => migration.name), migrations.map((migration) => migration.release)],
  )
}

function toStartError(migration: Migration, cause: unknown): StartError {
  if (isDatabaseAway(cause)) {
    return new StartError(`The database went away during migration ${migration.name}, which left nothing behind; start again.`, { cause })
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StartError(`Migration ${migration.name} failed and changed nothing: ${reason.replace(/\s+/g, ' ')}.`, { cause })
}
