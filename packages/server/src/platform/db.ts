import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../generated/prisma/client'
import { createPersonDatabase, type PersonDatabase } from './identity/person-transaction'
import type { Log } from './log'
import { connectMs, openPool, statementMs } from './postgres/pool'
import { moveLogin } from './postgres/url'

export { isDatabaseAway } from './postgres/sql-state'

export interface DatabaseUrls {
  owner: string
  /** Past any pooler, for LISTEN and session locks; absent, the other URLs reach Postgres themselves. */
  direct?: string | undefined
  app: string
  auth: string
  system: string
}

export interface Database {
  app: PrismaClient
  appPool: pg.Pool
  /** Of the same rights as `appPool`, for questions over the ledger: however many wait here, leases and ingest keep their connections. */
  analyticsPool: pg.Pool
  authPool: pg.Pool
  systemPool: pg.Pool
  ownerPool: pg.Pool
  persons: PersonDatabase
  /** One connection of keylease_system that is its caller's alone: for LISTEN and session locks. The caller ends it. */
  connectDirect(): Promise<pg.Client>
  close(): Promise<void>
}

/** Transactions of people and questions over the ledger take turns: a crowd at the door waits and is not turned away. */
const turnMs = 20_000

/** A request must not sleep in a transaction; background roles may hold a lock for longer. */
const pools = {
  app: { login: 'app', size: 16, waitMs: connectMs, idleMs: statementMs },
  analytics: { login: 'app', size: 4, waitMs: turnMs, idleMs: statementMs },
  auth: { login: 'auth', size: 4, waitMs: connectMs, idleMs: statementMs },
  persons: { login: 'auth', size: 4, waitMs: turnMs, idleMs: statementMs },
  system: { login: 'system', size: 4, waitMs: connectMs, idleMs: 0 },
  owner: { login: 'owner', size: 2, waitMs: connectMs, idleMs: 0 },
} as const

type PoolName = keyof typeof pools

export function createDatabase(urls: DatabaseUrls, log: Log, sizes: Partial<Record<PoolName, number>> = {}): Database {
  const open = (name: PoolName) => {
    const { login, size, ...limits } = pools[name]
    return openPool({ name, url: urls[login], size: sizes[name] ?? size, ...limits }, log)
  }
  const [appPool, analyticsPool, authPool] = [open('app'), open('analytics'), open('auth')]
  const [systemPool, ownerPool] = [open('system'), open('owner')]
  const app = new PrismaClient({ adapter: new PrismaPg(appPool), errorFormat: 'minimal' })
  const persons = createPersonDatabase(open('persons'), authPool)
  return {
    app,
    appPool,
    analyticsPool,
    authPool,
    systemPool,
    ownerPool,
    persons,
    connectDirect: () => connectDirect(urls, log),
    close: async () => {
      await app.$disconnect()
      await persons.close()
      await Promise.all([appPool, analyticsPool, authPool, systemPool, ownerPool].map((pool) => pool.end()))
    },
  }
}

async function connectDirect(urls: DatabaseUrls, log: Log): Promise<pg.Client> {
  const connectionString = urls.direct ? moveLogin(urls.direct, urls.system) : urls.system
  const client = new pg.Client({
    connectionString,
    application_name: 'keylease-direct',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
  })
  client.on('error', (error) => log.debug({ err: error }, 'the direct database connection was lost'))
  await client.connect()
  return client
}
