import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { afterAll, afterEach } from 'vitest'
import { findEmbeddedPostgres } from '../../src/platform/postgres/embedded'
import { stopServer } from '../../src/platform/postgres/embedded/server-process'

const packageDir = dirname(dirname(import.meta.dirname))

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface ServiceProcess {
  child: ChildProcess
  /** Where it listens, once it does; rejected if it ends first. */
  url: Promise<string>
  exited: Promise<Exit>
}

/** What `npm test` has just built from these sources; a test run on its own builds it. */
const built = process.env['KEYLEASE_TEST_PROGRAM']

/** The real program, built from these sources, run as a process of its own. All that a test leaves behind ends with it. */
export function createServiceRunner() {
  const bundle = built ?? buildProgram()
  const services: ServiceProcess[] = []
  const directories: string[] = []

  const run = (args: string[], variables: Record<string, string>, ipc = false): ServiceProcess => {
    const env = { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', ...variables }
    const child = spawn(process.execPath, [bundle, ...args], { env, stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])] })
    const service = watchProcess(child)
    services.push(service)
    return service
  }

  afterEach(async () => {
    for (const { child } of services.splice(0)) if (child.exitCode === null && child.signalCode === null) await killHard(child)
    for (const directory of directories.splice(0)) {
      // Files that vanish during the removal would end it silently.
      await stopPostmaster(directory)
      rmSync(directory, { recursive: true, force: true })
    }
  })
  afterAll(() => {
    if (bundle !== built) rmSync(dirname(bundle), { recursive: true, force: true })
  })

  return {
    run,
    up: (variables: Record<string, string>) => run(['up'], variables),
    newDataDir: () => {
      const directory = mkdtempSync(join(tmpdir(), 'keylease process '))
      directories.push(directory)
      return directory
    },
  }
}

function buildProgram(): string {
  const cache = join(packageDir, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'keylease-process-'))
  const tsup = join(dirname(createRequire(import.meta.url).resolve('tsup/package.json')), 'dist', 'cli-default.js')
  execFileSync(process.execPath, [tsup, '--out-dir', directory, '--silent'], { cwd: packageDir })
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  return join(directory, 'keylease.js')
}

function watchProcess(child: ChildProcess): ServiceProcess {
  const output = { stdout: '', stderr: '' }
  const { promise: url, resolve, reject } = Promise.withResolvers<string>()
  child.stdout?.on('data', (chunk) => {
    output.stdout += chunk
    const found = /Service +(http\S+)/.exec(output.stdout)?.[1]
    if (found && output.stdout.includes('Root key')) resolve(found)
  })
  child.stderr?.on('data', (chunk) => {
    output.stderr += chunk
  })
  const exited = readExit(child).then((exit) => ({ ...exit, ...output }))
  void exited.then((exit) => reject(new Error(`The service ended first: ${exit.stderr}`)))
  url.catch(() => undefined)
  return { child, url, exited }
}

/** Not `close`: a child whose channel was closed from this side never emits it. */
async function readExit(child: ChildProcess): Promise<Pick<Exit, 'code' | 'signal'>> {
  const ended = [child.stdout, child.stderr].map((stream) => stream && finished(stream, { writable: false }))
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  await Promise.all(ended)
  return { code, signal }
}

export function postmasterPid(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** SIGKILL, and the moment after which the process is gone. */
export function killHard(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  return gone
}

async function stopPostmaster(dataDir: string): Promise<void> {
  const left = findEmbeddedPostgres(dataDir)
  if (left) await stopServer(left.pid)
}

/** Sends one authorised request of the management interface. */
export async function sendJson(url: string, token: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  return fetch(url, { ...init, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers } })
}
