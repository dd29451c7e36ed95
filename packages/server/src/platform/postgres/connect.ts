import pg from 'pg'
import { StartError } from '../../env'
import { readSqlState } from './sql-state'
import { describeServer, readDatabaseName, readLogin } from './url'

/** One connection as the check needs it. */
export interface Session {
  query(sql: string): Promise<{ rows: Record<string, unknown>[] }>
  end(): Promise<void>
}

export interface CheckOptions {
  /** The variable that holds the URL, for the sentence. */
  variable?: string
  warn?: (sentence: string) => void
  connect?: (url: string) => Promise<Session>
}

const oldestMajor = 15
const newestMajor = 18
const connectMs = 10_000

/** Refuses, in one sentence, a server that Keylease cannot work with. */
export async function checkServer(url: string, options: CheckOptions = {}): Promise<void> {
  const { variable = 'DATABASE_URL', warn = () => undefined, connect = openSession } = options
  const open = () =>
    connect(url).catch((cause: unknown) => {
      throw new StartError(`${variable}: ${describeFailure(url, cause)}`, { cause })
    })
  const first = await open()
  try {
    await checkVersion(first, variable, url, warn)
    const second = await open()
    try {
      if (await isPooled(first, second)) {
        throw new StartError(
          `${variable}: ${describeServer(url)} is a pooler in transaction mode; use its session mode or the address of Postgres itself.`,
        )
      }
    } finally {
      await second.end()
    }
  } finally {
    await first.end()
  }
}

async function openSession(url: string): Promise<Session> {
  const client = new pg.Client({ connectionString: url, application_name: 'keylease-check', connectionTimeoutMillis: connectMs })
  // Its next query reports the loss; unheard, the event would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function checkVersion(session: Session, variable: string, url: string, warn: (sentence: string) => void): Promise<void> {
  const { rows } = await session.query(`SELECT current_setting('server_version_num')::integer / 10000 AS major`)
  const major = Number(rows[0]?.['major'])
  if (major < oldestMajor) {
    throw new StartError(
      `${variable}: ${describeServer(url)} runs Postgres ${major}; Keylease needs ${oldestMajor} to ${newestMajor}, so upgrade it.`,
    )
  }
  if (major > newestMajor)
    warn(`${describeServer(url)} runs Postgres ${major}, newer than ${newestMajor}, the newest that Keylease is tested with.`)
}

/** A session keeps its server process. A transaction pooler gives it another as soon as that one is busy elsewhere. */
async function isPooled(asking: Session, holding: Session): Promise<boolean> {
  const before = await readPid(asking)
  await holding.query('BEGIN')
  const held = await readPid(holding)
  try {
    return held === before || (await readPid(asking)) !== before
  } finally {
    await holding.query('ROLLBACK')
  }
}

async function readPid(session: Session): Promise<number> {
  const { rows } = await session.query('SELECT pg_backend_pid() AS pid')
  return Number(rows[0]?.['pid'])
}

function describeFailure(url: string, cause: unknown): string {
  const server = describeServer(url)
  const { user } = readLogin(url)
  const state = readSqlState(cause) ?? ''
  const message = cause instanceof Error ? cause.message : ''
  if (state === '3D000') return `${server} has no database "${readDatabaseName(url)}"; create it or name another.`
  if (state.startsWith('28')) return `${server} refuses the login of "${user}"; check user, password and pg_hba.conf.`
  if (/password must be a string|no password/i.test(message)) return `${server} asks for a password; put that of "${user}" into the URL.`
  if (state === '53300') return `${server} has no connection left; raise max_connections or close others.`
  if (state === '42501') return `"${user}" may not connect to "${readDatabaseName(url)}" on ${server}; GRANT CONNECT to it.`
  if (state.startsWith('57P')) return `${server} is starting or stopping; start Keylease again in a moment.`
  if (/SSL|TLS|certificate/i.test(message)) return `no secure connection to ${server}: check sslmode and its certificate.`
  return `no Postgres answers at ${server}; check host and port, and that it is running.`
}
