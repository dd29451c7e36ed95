import { type SpawnOptions, spawnSync } from 'node:child_process'
import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '../../../env'

/** How to run a Postgres program so that it does not run as root, which it refuses. */
export interface ProcessOwner {
  toCommand(program: string, args: string[]): { program: string; args: string[]; options: SpawnOptions }
  takeOver(path: string): void
}

const namespaceArgs = ['--user', '--map-user=65534', '--map-group=65534']
// Not the service's own environment: that one holds tokens.
const programEnv = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', SystemRoot: 'C:\\Windows', LC_ALL: 'C', TZ: 'UTC' }

export function chooseProcessOwner(binDir: string, dataDir: string, postgresDir: string): ProcessOwner {
  if (process.getuid?.() !== 0) return directOwner
  // In a user namespace the files stay root's, so any path works, even below a closed home directory.
  if (spawnSync('unshare', [...namespaceArgs, join(binDir, 'postgres'), '--version']).status === 0) return namespaceOwner
  for (const name of ['postgres', 'nobody']) {
    const ids = findUser(name)
    if (ids && canRun(binDir, ids)) return openPathFor(ids, dataDir, postgresDir)
  }
  throw new StartError(
    'Postgres refuses to run as root and cannot drop to another user here; start Keylease as an ordinary user or set DATABASE_URL.',
  )
}

const directOwner: ProcessOwner = {
  toCommand: (program, args) => ({ program, args, options: { env: programEnv, cwd: '/' } }),
  takeOver: () => undefined,
}

const namespaceOwner: ProcessOwner = {
  toCommand: (program, args) => ({
    program: 'unshare',
    args: [...namespaceArgs, program, ...args],
    options: { env: programEnv, cwd: '/' },
  }),
  takeOver: () => undefined,
}

interface UserIds {
  uid: number
  gid: number
}

function openPathFor(ids: UserIds, dataDir: string, postgresDir: string): ProcessOwner {
  chmodSync(dataDir, 0o711)
  chownSync(postgresDir, ids.uid, ids.gid)
  return {
    toCommand: (program, args) => ({ program, args, options: { env: programEnv, cwd: '/', ...ids } }),
    takeOver: (path) => chownSync(path, ids.uid, ids.gid),
  }
}

function findUser(name: string): UserIds | undefined {
  const read = (flag: string) => Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout ?? '', 10)
  const ids = { uid: read('-u'), gid: read('-g') }
  return Number.isInteger(ids.uid) && Number.isInteger(ids.gid) ? ids : undefined
}

function canRun(binDir: string, ids: UserIds): boolean {
  return spawnSync(join(binDir, 'postgres'), ['--version'], { ...ids, cwd: '/' }).status === 0
}
