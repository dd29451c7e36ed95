import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { StartError } from '../../../env'

const EmbeddedCredentials = z.object({ superuserPassword: z.string().min(32), ownerPassword: z.string().min(32) })
export type EmbeddedCredentials = z.infer<typeof EmbeddedCredentials>

export const superuserName = 'keylease_superuser'
export const ownerName = 'keylease_owner'
export const databaseName = 'keylease'

/** The passwords of the embedded server: made once, before the cluster that they open, in one file for its owner alone. */
export function ensureCredentials(postgresDir: string): EmbeddedCredentials {
  const file = credentialsFile(postgresDir)
  if (!existsSync(file)) {
    if (existsSync(join(postgresDir, 'data', 'PG_VERSION'))) {
      throw new StartError(`The database in ${postgresDir} has lost its passwords: put ${file} back from your backup.`)
    }
    createCredentials(file)
  }
  return readCredentials(postgresDir)
}

export function readCredentials(postgresDir: string): EmbeddedCredentials {
  const file = credentialsFile(postgresDir)
  try {
    return EmbeddedCredentials.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new StartError(`The passwords of the embedded database cannot be read from ${file}: put it back from your backup.`, { cause })
  }
}

export function toConnectionUrl(user: string, password: string, port: number, database: string): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`
}

function credentialsFile(postgresDir: string): string {
  return join(postgresDir, 'credentials.json')
}

/** Written aside and linked into place, so that of two starters one wins and nobody reads half a file. */
function createCredentials(file: string): void {
  const fresh = `${file}.${randomUUID()}`
  const content: EmbeddedCredentials = { superuserPassword: newPassword(), ownerPassword: newPassword() }
  writeFileSync(fresh, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(fresh, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(fresh, { force: true })
  }
}

function newPassword(): string {
  return randomBytes(32).toString('base64url')
}
