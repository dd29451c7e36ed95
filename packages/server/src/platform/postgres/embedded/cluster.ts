import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { StartError } from '../../../env'
import { embeddedMajorVersion } from './binaries'
import { superuserName } from './credentials'
import type { ProcessOwner } from './process-owner'
import { isAlive } from './server-process'

/** Makes the cluster unless it is there; refuses one of another major version. */
export async function ensureCluster(postgresDir: string, binDir: string, owner: ProcessOwner, superuserPassword: string): Promise<void> {
  const data = join(postgresDir, 'data')
  removeUnfinished(postgresDir)
  if (!existsSync(join(data, 'PG_VERSION'))) {
    if (existsSync(join(data, 'global', 'pg_control')))
      throw new StartError(`The database in ${data} is damaged: PG_VERSION is missing; restore the directory from your backup.`)
    await createCluster(postgresDir, binDir, owner, superuserPassword)
  }
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  if (version === embeddedMajorVersion) return
  throw new StartError(
    `The database in ${data} was made by Postgres ${version} and this release brings ${embeddedMajorVersion}: start the release that made it, dump it, and load it into an empty KEYLEASE_DATA_DIR.`,
  )
}

/** Made aside and renamed into place, so that two starters never write into one directory and a killed one leaves nothing half. */
async function createCluster(postgresDir: string, binDir: string, owner: ProcessOwner, superuserPassword: string): Promise<void> {
  const fresh = join(postgresDir, `init-${process.pid}-${randomUUID()}`)
  const passwordFile = `${fresh}.password`
  try {
    mkdirSync(fresh, { mode: 0o700 })
    writeFileSync(passwordFile, superuserPassword, { mode: 0o600 })
    owner.takeOver(fresh)
    owner.takeOver(passwordFile)
    await runInitdb(fresh, passwordFile, binDir, owner)
    chmodSync(fresh, 0o700)
    moveIntoPlace(fresh, join(postgresDir, 'data'))
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(fresh, { recursive: true, force: true })
  }
}

async function runInitdb(directory: string, passwordFile: string, binDir: string, owner: ProcessOwner): Promise<void> {
  const encoding = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = ['--username', superuserName, '--pwfile', passwordFile, '--auth=scram-sha-256']
  const { program, args, options } = owner.toCommand(join(binDir, 'initdb'), ['-D', directory, ...access, ...encoding, '--data-checksums'])
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  const exited = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const [code, output] = await Promise.all([exited, child.stderr ? text(child.stderr) : ''])
  if (code === 0) return
  if (/No space left|could not write to file/i.test(output)) throw Object.assign(new Error('initdb'), { code: 'ENOSPC' })
  const reason = output.split('\n').find((line) => line.includes('error:')) ?? output.trim().split('\n').at(-1) ?? `exit code ${code}`
  throw new StartError(`The embedded database could not be created (${reason.trim()}); set DATABASE_URL to use a Postgres of your own.`)
}

function moveIntoPlace(fresh: string, data: string): void {
  try {
    renameSync(fresh, data)
  } catch (error) {
    // Another starter was first; its cluster opens with the same passwords.
    if (existsSync(join(data, 'PG_VERSION'))) return
    if (!existsSync(data)) throw error
    renameSync(data, `${fresh}.left`)
    renameSync(fresh, data)
    rmSync(`${fresh}.left`, { recursive: true, force: true })
  }
}

function removeUnfinished(postgresDir: string): void {
  for (const name of readdirSync(postgresDir)) {
    const pid = /^init-(\d+)/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) rmSync(join(postgresDir, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}
