import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import type { ProcessOwner } from './process-owner'

export interface ServerStart {
  child: ChildProcess
  pid: number
  port: number
  hasExited(): boolean
  exited: Promise<void>
  /** What the server wrote to its log since this start. */
  readOutput(): string
}

const rotateAtBytes = 32 * 1024 * 1024
const megabyte = 1024 * 1024

// Statements and the values in their errors stay out of the log: they may hold what must not be written down.
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'password_encryption=scram-sha-256',
  'max_connections=100',
  `shared_buffers=${chooseBuffers()}MB`,
  'max_wal_size=2GB',
  'timezone=UTC',
  'log_timezone=UTC',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
]

/** A sixteenth of what this process may use: indexes of the ledger that do not fit are written and read over and over. */
function chooseBuffers(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Math.min(1_024, Math.max(128, Math.floor(memory / 16 / megabyte)))
}

/** Its log is a file and not a pipe: the server outlives a killed service and must be able to go on writing. */
export async function startServerProcess(options: {
  binDir: string
  data: string
  logFile: string
  owner: ProcessOwner
  flags: string[]
  port?: number | undefined
}): Promise<ServerStart> {
  const port = options.port ?? (await findFreePort())
  const flags = [...settings, ...options.flags].flatMap((setting) => ['-c', setting])
  const command = options.owner.toCommand(join(options.binDir, 'postgres'), ['-D', options.data, '-p', String(port), ...flags])
  rotateLog(options.logFile)
  const log = openSync(options.logFile, 'a', 0o600)
  const from = fstatSync(log).size
  // Its own process group: Ctrl-C reaches the service alone, which stops the server last.
  const child = spawn(command.program, command.args, { ...command.options, stdio: ['ignore', log, log], detached: true })
  closeSync(log)
  let exited = false
  const done = new Promise<void>((resolve, reject) => child.once('exit', () => resolve()).once('error', reject)).finally(() => {
    exited = true
  })
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.unref()
  const readOutput = () => readFileSync(options.logFile).subarray(from).toString('utf8')
  return { child, pid: child.pid ?? 0, port, hasExited: () => exited, exited: done, readOutput }
}

function rotateLog(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > rotateAtBytes) renameSync(file, `${file}.1`)
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
