import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { pino } from 'pino'
import { inject } from 'vitest'
import { createDatabase, type Database } from '../src/platform/db'
import { withDatabase } from '../src/platform/postgres/url'
import { templateDatabase } from './postgres'

interface TestUrls {
  owner: string
  app: string
  auth: string
  system: string
}

export interface TestDatabase {
  urls: TestUrls
  db: Database
  /** For what no part of the service may see or do. */
  superuserUrl: string
  close(): Promise<void>
}

export const silentLog = pino({ level: 'silent' })

/** A migrated database of this test's own, gone when closed. */
export async function createTestDatabase(sizes: Parameters<typeof createDatabase>[2] = {}): Promise<TestDatabase> {
  const { url: owner, name, drop } = await createBareDatabase(templateDatabase)
  const roles = inject('roleUrls')
  const urls = { owner, app: withDatabase(roles.app, name), auth: withDatabase(roles.auth, name), system: withDatabase(roles.system, name) }
  const db = createDatabase(urls, silentLog, sizes)
  const close = async () => {
    await db.close()
    await drop()
  }
  return { urls, db, superuserUrl: withDatabase(inject('superuserUrl'), name), close }
}

/** A database of this test's own, empty unless it is copied from a template. */
export async function createBareDatabase(template = 'template1'): Promise<{ url: string; name: string; drop(): Promise<void> }> {
  const server = inject('ownerUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  await runOnce(server, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`)
  const drop = async () => {
    await runOnce(inject('superuserUrl'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  }
  return { url: withDatabase(server, name), name, drop }
}

/** One statement on a connection of its own. */
export async function runOnce(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}
