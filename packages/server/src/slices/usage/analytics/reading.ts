import type pg from 'pg'
import type { Deps } from '../../../deps'
import type { Actor } from '../../../platform/auth'
import { AppError } from '../../../platform/errors'
import { isDatabaseAway, readSqlState } from '../../../platform/postgres/sql-state'
import { inTransaction } from '../../../platform/tenancy'

const longestMs = 10_000
/** What the statements of one answer see is one state. They read few rows of large tables, by their indexes, and group a month of days. */
const settings = `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = ${longestMs}; SET LOCAL jit = off;
  SET LOCAL random_page_cost = 1.1; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '16MB'`

/** Reads the ledger and its sums as the actor: its tenant, and no longer than an answer may take. */
export async function readUsage<T>(deps: Pick<Deps, 'db'>, actor: Actor, read: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  try {
    return await inTransaction(deps.db.analyticsPool, async (client) => {
      await client.query(settings)
      await client.query(`SELECT set_config('keylease.organization_id', $1, true)`, [actor.organizationId])
      return read(client)
    })
  } catch (error) {
    if (isDatabaseAway(error) && isCrowded(deps.db.analyticsPool)) throw tooMany(error)
    if (readSqlState(error) !== '57014') throw error
    throw new AppError('range_too_wide', {
      message: `That reads more single calls than ${longestMs / 1_000} seconds allow: take a shorter range, or filter and group by one dimension.`,
      cause: error,
    })
  }
}

/** A pool that waited in vain for its turn says the same as one that waited for a server. */
const isCrowded = ({ options, totalCount, idleCount }: pg.Pool) => totalCount === options.max && idleCount === 0

const tooMany = (cause: unknown) =>
  new AppError('unavailable', {
    message: 'Too many questions about usage are being answered at once. Ask again in a moment.',
    retryAfterSeconds: 5,
    cause,
  })
