import type { Env } from '../env'
import type { DatabaseUrls } from '../platform/db'
import type { Log } from '../platform/log'
import { checkServer } from '../platform/postgres/connect'
import { startEmbeddedPostgres } from '../platform/postgres/embedded'
import { migrateDatabase } from '../platform/postgres/migrate'
import { ensureRoles } from '../platform/postgres/roles'
import type { Steps } from './steps'

export interface OpenedDatabase {
  urls: DatabaseUrls
  release: number
  close(): Promise<void>
}

/** The operator's Postgres or an embedded one, with its roles and on this code's release. */
export async function openDatabase(env: Env, steps: Steps, log: Log): Promise<OpenedDatabase> {
  const server = await openServer(env, steps, log)
  try {
    const { appUrl, authUrl, systemUrl } = env.database
    const overrides = { appUrl: appUrl?.reveal(), authUrl: authUrl?.reveal(), systemUrl: systemUrl?.reveal() }
    const roles = await steps.run('database roles', () => ensureRoles(server.ownerUrl, overrides))
    const { release } = await steps.run('migrations', () => migrateDatabase(server.ownerUrl, { log }))
    const urls = { owner: server.ownerUrl, direct: env.database.directUrl?.reveal(), ...roles }
    return { urls, release, close: server.close }
  } catch (error) {
    await server.close()
    throw error
  }
}

async function openServer(env: Env, steps: Steps, log: Log): Promise<{ ownerUrl: string; close(): Promise<void> }> {
  const own = env.database.url?.reveal()
  if (own !== undefined) {
    await steps.run('Postgres of DATABASE_URL', () => checkServers(own, env.database.directUrl?.reveal(), log))
    return { ownerUrl: own, close: async () => undefined }
  }
  const start = () => startEmbeddedPostgres({ dataDir: env.dataDir, log: (line) => log.info(line) })
  const postgres = await steps.run('embedded Postgres 18', start)
  log.info({ port: postgres.port, adopted: postgres.adopted }, 'embedded Postgres is up')
  return { ownerUrl: postgres.url, close: postgres.stop }
}

async function checkServers(url: string, directUrl: string | undefined, log: Log): Promise<void> {
  const warn = (sentence: string) => log.warn(sentence)
  await checkServer(url, { warn })
  if (directUrl !== undefined) await checkServer(directUrl, { warn, variable: 'DATABASE_DIRECT_URL' })
}
