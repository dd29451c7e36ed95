import { AsyncLocalStorage } from 'node:async_hooks'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { type Prisma, PrismaClient } from '../../generated/prisma/client'

/** One transaction of keylease_auth: Prisma for what a tenant keeps of its people, SQL for the person tables, one connection beneath. */
export interface PersonTx {
  tx: Prisma.TransactionClient
  client: pg.ClientBase
}

export interface PersonDatabase {
  transact<T>(work: (room: PersonTx) => Promise<T>): Promise<T>
  /** The pool as better-auth sees it: inside a transaction that one's connection, else any. */
  identityPool: pg.Pool
  close(): Promise<void>
}

const waitMs = 20_000
const timeoutMs = 15_000

/** `pool` is for these transactions alone, so that whoever is slow in one never keeps a session or a key from being looked up. */
export function createPersonDatabase(pool: pg.Pool, authPool: pg.Pool): PersonDatabase {
  const current = new AsyncLocalStorage<{ client?: pg.PoolClient }>()
  const connect = async () => {
    const client = await pool.connect()
    const room = current.getStore()
    if (room) room.client ??= lend(client)
    return client
  }
  const prisma = new PrismaClient({ adapter: new PrismaPg(withConnect(pool, connect)), errorFormat: 'minimal' })
  return {
    transact: (work) =>
      current.run({}, () =>
        prisma.$transaction(
          async (tx) => {
            const client = current.getStore()?.client
            if (!client) throw new Error('a person transaction does not know its connection')
            const result = await work({ tx, client })
            // After a statement that failed and was forgotten this one fails too: COMMIT would roll back and say nothing.
            await client.query('SELECT 1')
            return result
          },
          { maxWait: waitMs, timeout: timeoutMs },
        ),
      ),
    identityPool: withConnect(authPool, async () => current.getStore()?.client ?? authPool.connect()),
    close: async () => {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

/** better-auth begins and commits for itself; inside a transaction that is a savepoint of it. */
const nested: Record<string, string> = {
  begin: 'SAVEPOINT nested',
  commit: 'RELEASE SAVEPOINT nested',
  rollback: 'ROLLBACK TO SAVEPOINT nested',
}

/** The connection as long as its transaction lasts. Whoever borrows it may release it; that ends nothing. */
function lend(client: pg.PoolClient): pg.PoolClient {
  let isOver = false
  const { release } = client
  client.release = (error) => {
    isOver = true
    release(error)
  }
  return new Proxy(client, {
    get(target, key) {
      if (key === 'release') return () => undefined
      if (isOver) throw new Error('this person transaction is over')
      if (key === 'query') return (text: string, values?: unknown[]) => target.query(nested[text] ?? text, values)
      return bindTo(target, Reflect.get(target, key))
    },
  })
}

function withConnect(pool: pg.Pool, connect: () => Promise<pg.PoolClient>): pg.Pool {
  return new Proxy(pool, { get: (target, key) => (key === 'connect' ? connect : bindTo(target, Reflect.get(target, key))) })
}

const bindTo = (target: object, member: unknown): unknown => (typeof member === 'function' ? member.bind(target) : member)
