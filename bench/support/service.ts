import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildDeps, type Deps } from '../../packages/server/src/deps'
import { readEnv } from '../../packages/server/src/env'
import { createLog } from '../../packages/server/src/platform/log'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../../packages/server/src/platform/postgres/embedded'
import { ensureRoles } from '../../packages/server/src/platform/postgres/roles'
import { connectSuperuser } from '../../packages/server/test/postgres'

const program = fileURLToPath(new URL('../../packages/server/dist/keylease.js', import.meta.url))

export interface RunningService {
  url: string
  pid: number
  /** From the start of its process to its readiness. */
  readyMs: number
  /** What the process holds in memory now, after a collection was given the time to happen. */
  readRss(): number
  stop(): Promise<void>
  kill(): void
}

export type Superuser = Awaited<ReturnType<typeof connectSuperuser>>

export interface BenchSite {
  /** Of an Owner. */
  token: string
  /** The real program as a process of its own, on the one Postgres of this site. */
  start(): Promise<RunningService>
  postgresPid: number
  /** May do what no part of the service can. End it. */
  connectSuperuser(): Promise<Superuser>
  /** The parts of a service in this process, on the same database. */
  openDeps(): Promise<Deps>
  close(): Promise<void>
}

/** A Postgres that writes as one in production does, and the built service on it. */
export async function openSite(): Promise<BenchSite> {
  const dataDir = mkdtempSync(join(tmpdir(), 'keylease-bench-'))
  const token = randomBytes(32).toString('base64url')
  const variables = { KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token, KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1', PORT: '0' }
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined })
  const running = new Set<RunningService>()
  leaveNothing(dataDir, running)
  return {
    token,
    async start() {
      const service = await startProgram(variables)
      running.add(service)
      return service
    },
    postgresPid: findEmbeddedPostgres(dataDir)?.pid ?? 0,
    connectSuperuser: () => connectSuperuser(dataDir, postgres.url),
    openDeps: async () =>
      buildDeps(
        readEnv(variables),
        { owner: postgres.url, ...(await ensureRoles(postgres.url)) },
        createLog({ to: { write: () => undefined } }),
      ),
    async close() {
      for (const service of running) await service.stop()
      await postgres.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Of a bench that is cut short: its servers would stay. */
function leaveNothing(dataDir: string, running: ReadonlySet<RunningService>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  process.once('exit', () => {
    const postgres = findEmbeddedPostgres(dataDir)
    if (!postgres) return
    for (const { kill } of running) kill()
    process.kill(postgres.pid, 'SIGQUIT')
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  })
}

async function startProgram(variables: Record<string, string>): Promise<RunningService> {
  const started = performance.now()
  const child = spawn(process.execPath, ['--enable-source-maps', program, 'up'], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  const url = await readUrl(child, ended)
  return {
    url,
    pid: child.pid ?? 0,
    readyMs: performance.now() - started,
    readRss: () => readRss(child.pid ?? 0),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

async function readUrl({ stdout, stderr }: ChildProcess, ended: Promise<unknown>): Promise<string> {
  let said = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const hear = (chunk: Buffer) => {
    said += chunk
    const url = /Service +(http\S+)/.exec(said)?.[1]
    if (url && said.includes('Root key')) resolve(url)
  }
  const outputs = [stdout, stderr]
  for (const output of outputs) output?.on('data', hear)
  // What it logs later is taken and left: kept and searched, it would be work of the generator.
  const leave = () => outputs.forEach((output) => void output?.off('data', hear).resume())
  void promise.then(leave, leave)
  void ended.then(() => reject(new Error(`The service ended before it was ready: ${said}`)))
  return promise
}

function readRss(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(found) * 1024
}
