import { chmodSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { StartError } from '../../env'
import { explainDataDirError } from '../data-dir'
import { findPostgresBinaries } from './embedded/binaries'
import { ensureCluster } from './embedded/cluster'
import {
  databaseName,
  type EmbeddedCredentials,
  ensureCredentials,
  ownerName,
  readCredentials,
  toConnectionUrl,
} from './embedded/credentials'
import { chooseProcessOwner, type ProcessOwner } from './embedded/process-owner'
import { isPostgres, readPidFile, stopServer } from './embedded/server-process'
import { type ServerStart, startServerProcess } from './embedded/server-start'
import { isLastLauncher, type LauncherSession, openSession, prepareServer, readDataDirectory } from './embedded/session'

export interface EmbeddedPostgres {
  /** The URL of keylease_owner. */
  url: string
  adopted: boolean
  port: number
  stop(): Promise<void>
}

interface Site {
  data: string
  pidFile: string
  logFile: string
  binDir: string
  owner: ProcessOwner
  credentials: EmbeddedCredentials
  flags: string[]
  /** Where the server has to listen, once others know its port. */
  port?: number
  log: (line: string) => void
}

interface Running {
  session: LauncherSession
  pid: number
  port: number
  adopted: boolean
}

const patienceMs = 120_000

/** A real Postgres below the data directory: adopts one that runs, replaces what a killed one left, else makes and starts it. */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  log: (line: string) => void
  flags?: string[]
}): Promise<EmbeddedPostgres> {
  try {
    const site = await prepareSite(options)
    const { adopted, port, ...rest } = await adoptOrStart(site)
    const url = toConnectionUrl(ownerName, site.credentials.ownerPassword, port, databaseName)
    return { url, adopted, port, stop: keepRunning({ ...site, port }, { adopted, port, ...rest }) }
  } catch (error) {
    throw explainDataDirError(error, options.dataDir)
  }
}

/** The server of this data directory, if one runs; nothing is started. */
export function findEmbeddedPostgres(dataDir: string): { url: string; port: number; pid: number } | undefined {
  const postgresDir = join(resolve(dataDir), 'postgres')
  const running = readPidFile(join(postgresDir, 'data', 'postmaster.pid'))
  if (!running || !isPostgres(running.pid)) return undefined
  const { ownerPassword } = readCredentials(postgresDir)
  return { url: toConnectionUrl(ownerName, ownerPassword, running.port, databaseName), ...running }
}

async function prepareSite(options: { dataDir: string; log: (line: string) => void; flags?: string[] }): Promise<Site> {
  const binDir = findPostgresBinaries()
  const dataDir = resolve(options.dataDir)
  mkdirSync(join(dataDir, 'postgres'), { recursive: true, mode: 0o700 })
  mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 })
  const postgresDir = realpathSync(join(dataDir, 'postgres'))
  const owner = chooseProcessOwner(binDir, dataDir, postgresDir)
  const credentials = ensureCredentials(postgresDir)
  await ensureCluster(postgresDir, binDir, owner, credentials.superuserPassword)
  const data = join(postgresDir, 'data')
  chmodSync(data, 0o700)
  const files = { data, pidFile: join(data, 'postmaster.pid'), logFile: join(dataDir, 'logs', 'postgres.log') }
  return { ...files, binDir, owner, credentials, flags: options.flags ?? [], log: options.log }
}

async function adoptOrStart(site: Site): Promise<Running> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const adopted = await adoptServer(site)
    if (adopted) return adopted
    const start = await startServerProcess({ ...site, port: site.port })
    const started = await awaitServer(site, start, deadline)
    if (started) return started
    const output = start.readOutput()
    if (/No space left/i.test(output)) throw Object.assign(new Error('postgres'), { code: 'ENOSPC' })
    const passes = /postmaster\.pid|shared memory block|Address already in use/i.test(output)
    if (!passes || performance.now() > deadline) throw new StartError(describeFailure(output, site.logFile))
    site.log('waiting for what an earlier Postgres left behind')
    await wait(200)
    removeStalePidFile(site.pidFile)
  }
}

/** Uses the live server of a service that was killed, or that runs beside this one. */
async function adoptServer(site: Site): Promise<Running | undefined> {
  const left = readPidFile(site.pidFile)
  // Only a Postgres gets the password: the number may be a stranger's by now, and so may the port.
  if (!left || !isPostgres(left.pid)) return undefined
  const session = await trySession(site, left.port)
  return session && { session, pid: left.pid, port: left.port, adopted: true }
}

async function awaitServer(site: Site, start: ServerStart, deadline: number): Promise<Running | undefined> {
  try {
    while (!start.hasExited()) {
      const session = await trySession(site, start.port)
      if (session) return { session, pid: start.pid, port: start.port, adopted: false }
      if (performance.now() > deadline) throw new StartError(describeFailure(start.readOutput(), site.logFile))
      await Promise.race([wait(25), start.exited])
    }
    return undefined
  } catch (error) {
    await stopServer(start.pid)
    throw error
  }
}

/** Nothing while the server does not answer yet or is another cluster's. */
async function trySession(site: Site, port: number): Promise<LauncherSession | undefined> {
  let session: LauncherSession | undefined
  try {
    session = await openSession(port, site.credentials)
    if ((await readDataDirectory(session)) !== site.data) throw new Error('another cluster')
    await prepareServer(session, site.credentials)
    return session
  } catch (error) {
    await session?.end()
    if ((error as { code?: string }).code === '53100') throw Object.assign(new Error('postgres'), { code: 'ENOSPC' })
    return undefined
  }
}

/** Brings the server back where everybody looks for it whenever it goes away unasked. Gives what ends that, and it. */
function keepRunning(site: Site, first: Running): () => Promise<void> {
  let running = first
  let isStopping = false
  let revival = Promise.resolve()
  const watch = () => {
    running.session.once('end', () => {
      if (!isStopping) revival = revive()
    })
  }
  const revive = async () => {
    site.log('the embedded Postgres went away and is brought back')
    while (!isStopping) {
      const found = await adoptOrStart(site).catch((error: unknown) => site.log(`it did not come back: ${String(error)}`))
      if (found) {
        running = found
        return watch()
      }
      await wait(1000)
    }
  }
  watch()
  return async () => {
    isStopping = true
    await revival
    await stopRunning(site, running)
  }
}

function removeStalePidFile(pidFile: string): void {
  const left = readPidFile(pidFile)
  if (left && !isPostgres(left.pid)) rmSync(pidFile, { force: true })
}

async function stopRunning(site: Site, running: Running): Promise<void> {
  const last = await isLastLauncher(running.session).catch(() => isPostgres(running.pid))
  if (last && readPidFile(site.pidFile)?.pid === running.pid) await stopServer(running.pid)
  else site.log('another service uses this Postgres: it stays')
  await running.session.end().catch(() => undefined)
}

function describeFailure(output: string, logFile: string): string {
  const reason = /(?:FATAL|PANIC|ERROR|error): +(.+)/.exec(output)?.[1] ?? 'it ended without a reason'
  return `The embedded Postgres did not start (${reason.replace(/\.$/, '')}); ${logFile} has the details, and DATABASE_URL can name a Postgres of your own.`
}
