import http from 'node:http'
import https from 'node:https'
import { resolve } from 'node:path'
import { Readiness } from '@keylease/shared/contracts/system'
import pg from 'pg'
import { type Env, readEnv } from '../env'
import { toLocalUrl } from '../platform/bind'
import { findEmbeddedPostgres } from '../platform/postgres/embedded'
import { listMissingMigrations } from '../platform/postgres/migrate'
import { describeServer } from '../platform/postgres/url'

/** Is it running, does its database answer, is that up to date? Exit code 0 if all three, else 1. */
export async function status(): Promise<number> {
  const env = readEnv()
  const service = await describeRunning(env)
  const database = await describeDatabase(env)
  const lines: [string, string][] = [
    ['Data', resolve(env.dataDir)],
    ['Service', service.text],
    ['Database', database.text],
    ['Migrations', database.migrations],
  ]
  for (const [name, text] of lines) process.stdout.write(`${name.padEnd(11)} ${text}\n`)
  return service.isReady && database.isCurrent ? 0 : 1
}

async function describeRunning(env: Env): Promise<{ isReady: boolean; text: string }> {
  const url = toLocalUrl(env, env.port)
  const answer = await fetchText(`${url}/readyz`)
  if (answer === null) return { isReady: false, text: `not running: nothing answers at ${url}` }
  const readiness = Readiness.safeParse(answer)
  if (!readiness.success) return { isReady: false, text: `not running: something else answers at ${url}` }
  const isReady = readiness.data.status === 'ready'
  return { isReady, text: isReady ? `ready at ${url}` : `running at ${url}, not ready: ${readiness.data.reason}` }
}

/** Our own loopback answer: its certificate may be for another name. */
function fetchText(url: string): Promise<unknown> {
  return new Promise((settle) => {
    const client = url.startsWith('https:') ? https : http
    const request = client.get(url, { timeout: 3_000, rejectUnauthorized: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk.slice(0, 10_000)
      })
      response.on('end', () => settle(parseJson(body)))
    })
    request.on('timeout', () => request.destroy(new Error('timeout')))
    request.on('error', () => settle(null))
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function describeDatabase(env: Env): Promise<{ isCurrent: boolean; text: string; migrations: string }> {
  const url = env.database.url?.reveal() ?? findEmbeddedPostgres(env.dataDir)?.url
  const unknown = { isCurrent: false, migrations: 'unknown while the database does not answer' }
  if (url === undefined) return { ...unknown, text: 'embedded, not running' }
  const place = env.database.url ? describeServer(url) : `embedded, ${describeServer(url)}`
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 3_000 })
  try {
    await pool.query('SELECT 1')
    const missing = await listMissingMigrations(pool).catch(() => null)
    const migrations = missing === null ? 'none applied yet' : missing.length === 0 ? 'up to date' : `missing: ${missing.join(', ')}`
    return { isCurrent: missing?.length === 0, text: `${place}, answers`, migrations }
  } catch {
    return { ...unknown, text: `${place}, does not answer` }
  } finally {
    await pool.end()
  }
}
