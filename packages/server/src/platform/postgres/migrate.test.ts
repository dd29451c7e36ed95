import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createBareDatabase, runOnce, silentLog } from '../../../test/database'
import { StartError } from '../../env'
import { listMissingMigrations, migrateDatabase } from './migrate'
import { ensureRoles } from './roles'

let directory: string
let url: string
let drop: () => Promise<void>

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keylease-migrations-'))
  const bare = await createBareDatabase()
  url = bare.url
  drop = bare.drop
  await ensureRoles(url)
})

afterEach(async () => {
  await drop()
  await rm(directory, { recursive: true, force: true })
})

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true })
  await writeFile(join(directory, name, 'migration.sql'), sql)
}

const migrate = () => migrateDatabase(url, { directory, log: silentLog })
const rowsOf = async (sql: string) => (await runOnce(url, sql)).rows
const sleeping = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
const has = async (table: string) => (await rowsOf(`SELECT to_regclass('public.${table}') IS NOT NULL AS has`))[0]?.has

test('five replicas that start at once apply each migration once', async () => {
  await write('1_ground', '-- release: 1\nCREATE TABLE ground (id integer); INSERT INTO ground VALUES (1);')
  await write('2_more', '-- release: 2\nINSERT INTO ground VALUES (2);')
  const results = await Promise.all(Array.from({ length: 5 }, migrate))
  expect(results.flatMap((result) => result.applied).sort()).toEqual(['1_ground', '2_more'])
  expect(await rowsOf('SELECT id FROM ground ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
  expect(results.every((result) => result.release === 2 && result.databaseRelease === 2)).toBe(true)
})

test('the rows are those that prisma migrate deploy would leave', async () => {
  await write('1_ground', "-- release: 1\nCREATE TABLE ground (name text DEFAULT 'é');\n")
  await migrate()
  const checksum = createHash('sha256')
    .update(await readFile(join(directory, '1_ground', 'migration.sql')))
    .digest('hex')
  const [row] = await rowsOf('SELECT *, finished_at >= started_at AS ended FROM _prisma_migrations')
  expect(row).toMatchObject({ checksum, migration_name: '1_ground', applied_steps_count: 1, logs: null, rolled_back_at: null, ended: true })
  expect(row?.id).toMatch(/^[0-9a-f-]{36}$/)
})

test('a migration killed in its middle leaves nothing, and the next start applies it', async () => {
  await write('1_ground', '-- release: 1\nCREATE TABLE ground (id integer); SELECT pg_sleep(60);')
  const killed = migrate().catch((error: unknown) => error)
  await expect.poll(async () => (await rowsOf(`SELECT pid ${sleeping}`)).length, { timeout: 10_000 }).toBe(1)
  await rowsOf(`SELECT pg_terminate_backend(pid) ${sleeping}`)
  expect(await killed).toBeInstanceOf(StartError)
  expect(await has('ground')).toBe(false)
  expect(await rowsOf('SELECT * FROM _prisma_migrations')).toEqual([])
  await write('1_ground', '-- release: 1\nCREATE TABLE ground (id integer);')
  expect((await migrate()).applied).toEqual(['1_ground'])
})

test('a migration killed while its row is written leaves nothing either', async () => {
  await write('1_ground', '-- release: 1\nSELECT 1;')
  await migrate()
  await runOnce(
    url,
    `CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
     CREATE TRIGGER linger BEFORE INSERT ON _prisma_migrations FOR EACH ROW EXECUTE FUNCTION linger()`,
  )
  await write('2_more', '-- release: 1\nCREATE TABLE more (id integer);')
  const killed = migrate().catch((error: unknown) => error)
  await expect.poll(async () => (await rowsOf(`SELECT pid ${sleeping}`)).length, { timeout: 10_000 }).toBe(1)
  await rowsOf(`SELECT pg_terminate_backend(pid) ${sleeping}`)
  expect(await killed).toBeInstanceOf(StartError)
  expect(await has('more')).toBe(false)
})

test('a migration that fails changes nothing and says why in one sentence', async () => {
  await write('1_ground', '-- release: 1\nCREATE TABLE ground (id integer); SELECT 1/0;')
  await expect(migrate()).rejects.toThrow(new StartError('Migration 1_ground failed and changed nothing: division by zero.'))
  expect(await has('ground')).toBe(false)
})

test('an edited migration stops the start and is named', async () => {
  await write('1_ground', '-- release: 1\nCREATE TABLE ground (id integer);')
  await migrate()
  await write('1_ground', '-- release: 1\nCREATE TABLE ground (id bigint);')
  await expect(migrate()).rejects.toThrow(/^Migration 1_ground was edited after it was applied; [^.]+\.$/)
})

test('the version before the database still starts, the one before that does not', async () => {
  await write('1_ground', '-- release: 1\nSELECT 1;')
  await write('2_next', '-- release: 2\nSELECT 2;')
  await migrate()
  await rm(join(directory, '2_next'), { recursive: true })
  expect(await migrate()).toEqual({ applied: [], release: 1, databaseRelease: 2 })
  await write('2_next', '-- release: 3\nSELECT 2;')
  await runOnce(url, `UPDATE keylease_release SET release = 3 WHERE migration_name = '2_next'`)
  await rm(join(directory, '2_next'), { recursive: true })
  await expect(migrate()).rejects.toThrow(
    new StartError('The database was migrated by a newer Keylease (migration 2_next); start that version or a newer one.'),
  )
})

test('an unknown migration without a release counts as newer', async () => {
  await write('1_ground', '-- release: 1\nSELECT 1;')
  await write('2_other', '-- release: 2\nSELECT 2;')
  await migrate()
  await rm(join(directory, '2_other'), { recursive: true })
  await runOnce(url, `DELETE FROM keylease_release WHERE migration_name = '2_other'`)
  await expect(migrate()).rejects.toThrow(/newer Keylease \(migration 2_other\)/)
})

test('a migration that another tool left unfinished stops the start', async () => {
  await write('1_ground', '-- release: 1\nSELECT 1;')
  await migrate()
  await runOnce(url, 'UPDATE _prisma_migrations SET finished_at = NULL')
  await expect(migrate()).rejects.toThrow(/^Migration 1_ground was begun by another tool/)
})

test('a migration that cannot run in one transaction is refused before anything is applied', async () => {
  await write('1_ground', '-- release: 1\n-- CONCURRENTLY is fine in a comment\nCREATE TABLE ground (id integer);')
  await write('2_index', '-- release: 1\nCREATE INDEX CONCURRENTLY slow ON ground (id);')
  await expect(migrate()).rejects.toThrow(/^Migration 2_index uses CONCURRENTLY, which cannot run/)
  await write('2_index', '-- release: 1\nSELECT 1;\nCOMMIT;')
  await expect(migrate()).rejects.toThrow(/^Migration 2_index uses COMMIT/)
  await write('2_index', 'SELECT 1;')
  await expect(migrate()).rejects.toThrow(/must name its release in its first line/)
  expect(await has('_prisma_migrations')).toBe(false)
})

test('readiness names what is missing, by the right of keylease_system', async () => {
  await write('1_ground', '-- release: 1\nSELECT 1;')
  await migrate()
  await write('2_more', '-- release: 1\nSELECT 1;')
  const pool = new pg.Pool({ connectionString: (await ensureRoles(url)).system, max: 1 })
  expect(await listMissingMigrations(pool, directory)).toEqual(['2_more'])
  await pool.end()
})

test('the migrations of this repository are found and applied once', async () => {
  const first = await migrateDatabase(url, { log: silentLog })
  expect(first.applied.length).toBeGreaterThan(0)
  expect((await migrateDatabase(url, { log: silentLog })).applied).toEqual([])
})
