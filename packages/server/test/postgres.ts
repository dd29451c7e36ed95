import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../src/platform/postgres/embedded'
import { migrateDatabase } from '../src/platform/postgres/migrate'
import { ensurePartitions } from '../src/platform/postgres/partitions'
import { ensureRoles, type RoleUrls } from '../src/platform/postgres/roles'
import { withDatabase, withLogin } from '../src/platform/postgres/url'

export const templateDatabase = 'keylease_template'

declare module 'vitest' {
  interface ProvidedContext {
    /** keylease_owner on the one Postgres of this run. */
    ownerUrl: string
    /** The other roles, on the template. */
    roleUrls: RoleUrls
    superuserUrl: string
  }
}

/** One Postgres for the run, with a migrated template that each test database is copied from. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'keylease-test-'))
  const flags = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300', 'shared_buffers=64MB']
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, flags })
  const stop = async () => {
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  // Vitest runs no teardown when it is terminated: it exits at once, and the server would stay.
  process.once('exit', () => {
    const left = findEmbeddedPostgres(dataDir)
    if (left) process.kill(left.pid, 'SIGQUIT')
  })
  try {
    const superuserUrl = readSuperuserUrl(dataDir, postgres.url)
    await runAs(superuserUrl, 'ALTER ROLE keylease_owner CREATEDB')
    project.provide('roleUrls', await createTemplate(postgres.url))
    project.provide('ownerUrl', postgres.url)
    project.provide('superuserUrl', superuserUrl)
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}

async function createTemplate(ownerUrl: string): Promise<RoleUrls> {
  const templateUrl = withDatabase(ownerUrl, templateDatabase)
  await runAs(ownerUrl, `CREATE DATABASE ${templateDatabase}`)
  const roleUrls = await ensureRoles(templateUrl)
  await migrateDatabase(templateUrl, { log: pino({ level: 'silent' }) })
  const pool = new pg.Pool({ connectionString: templateUrl, max: 1 })
  await ensurePartitions(pool, new Date())
  await pool.end()
  return roleUrls
}

/** The launcher's own login: tests may do what no part of the service can. */
export function readSuperuserUrl(dataDir: string, ownerUrl: string): string {
  const credentials: { superuserPassword: string } = JSON.parse(readFileSync(join(dataDir, 'postgres', 'credentials.json'), 'utf8'))
  return withDatabase(withLogin(ownerUrl, { user: 'keylease_superuser', password: credentials.superuserPassword }), 'postgres')
}

/** For a bench, which fills tables and copies files as no part of the service can. End it. */
export async function connectSuperuser(dataDir: string, ownerUrl: string): Promise<pg.Client> {
  const url = withDatabase(readSuperuserUrl(dataDir, ownerUrl), readDatabase(ownerUrl))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

const readDatabase = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1))

async function runAs(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
