import pg from 'pg'
import { databaseName, type EmbeddedCredentials, ownerName, superuserName } from './credentials'

// Any fixed number: every launcher of this cluster holds it shared, and the last one out stops the server.
const launcherLock = 4_500_001
const alreadyThere = ['42710', '42P04', '23505']

/** The launcher's own connection: the one use of the superuser. */
export type LauncherSession = pg.Client

export async function openSession(port: number, credentials: EmbeddedCredentials): Promise<LauncherSession> {
  const { superuserPassword: password } = credentials
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: superuserName,
    password,
    database: 'postgres',
    connectionTimeoutMillis: 3000,
  })
  // The server may be stopped under an open session; the next query reports it.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

export async function readDataDirectory(session: LauncherSession): Promise<string> {
  const { rows } = await session.query<{ directory: string }>("SELECT current_setting('data_directory') AS directory")
  return rows[0]?.directory ?? ''
}

export async function prepareServer(session: LauncherSession, credentials: EmbeddedCredentials): Promise<void> {
  await session.query('SELECT pg_advisory_lock_shared($1)', [launcherLock])
  const password = session.escapeLiteral(credentials.ownerPassword)
  await createOnce(session, `CREATE ROLE ${ownerName} LOGIN CREATEROLE PASSWORD ${password}`)
  await createOnce(session, `CREATE DATABASE ${databaseName} OWNER ${ownerName}`)
}

/** True if no other service works on this cluster; then nobody can join before the session ends. */
export async function isLastLauncher(session: LauncherSession): Promise<boolean> {
  await session.query('SELECT pg_advisory_unlock_shared($1)', [launcherLock])
  const { rows } = await session.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [launcherLock])
  return rows[0]?.last ?? true
}

async function createOnce(session: LauncherSession, sql: string): Promise<void> {
  try {
    await session.query(sql)
  } catch (error) {
    if (!alreadyThere.includes((error as pg.DatabaseError).code ?? '')) throw error
  }
}
