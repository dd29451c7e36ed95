import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StartError } from '../../env'

export interface Migration {
  name: string
  /** Of the file's bytes, as Prisma keeps it. */
  checksum: string
  release: number
  sql: string
}

/** The folders of prisma/migrations in their order. The release of the code is the highest that they name. */
export async function readMigrations(directory = findDirectory()): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(names.sort().map((name) => readMigration(directory, name)))
}

async function readMigration(directory: string, name: string): Promise<Migration> {
  const bytes = await readFile(join(directory, name, 'migration.sql'))
  const sql = bytes.toString('utf8')
  const release = /^-- release: (\d+)\r?\n/.exec(sql)?.[1]
  if (!release) throw new StartError(`Migration ${name} must name its release in its first line, as in "-- release: 1".`)
  const ending = /\bCONCURRENTLY\b|^\s*(BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\s*;/im.exec(sql.replace(/--.*$/gm, ''))?.[0].trim()
  if (ending) throw new StartError(`Migration ${name} uses ${ending}, which cannot run: each migration runs whole in one transaction.`)
  return { name, release: Number(release), sql, checksum: createHash('sha256').update(bytes).digest('hex') }
}

/** Upwards from here: the sources and the bundle lie at different depths of the package. */
function findDirectory(from = import.meta.dirname): string {
  const candidate = join(from, 'prisma', 'migrations')
  if (existsSync(candidate)) return candidate
  const parent = dirname(from)
  if (parent === from) throw new StartError('The folder prisma/migrations is missing; install Keylease again.')
  return findDirectory(parent)
}
