import type pg from 'pg'
import type { Clock } from './clock'
import type { Database } from './db'
import { AppError } from './errors'
import type { Keyring } from './keyring'
import { inTransaction } from './tenancy'

type SubjectKind = 'account' | 'address' | 'factor'

export interface Subject {
  kind: SubjectKind
  id: string
}

export interface Lockout {
  /** Counts an attempt before it is made, so that a hundred at once are no more than ten in turn. Refuses with `locked_out`. */
  take(...subjects: Subject[]): Promise<void>
  /** The attempt was good: an account starts afresh, an address that many share takes back this one attempt. */
  clear(...subjects: Subject[]): Promise<void>
}

/** An office shares one address; an account and its factors are one person's. */
const freeAttempts: Record<SubjectKind, number> = { account: 10, address: 100, factor: 10 }
const firstDelayMs = 15_000
const longestDelayMs = 15 * 60_000
const forgottenMs = 24 * 3_600_000

interface Row {
  failures: number
  failedAt: Date
  lockedUntil: Date | null
}

interface Room {
  db: Pick<Database, 'authPool'>
  keyring: Keyring
  clock: Clock
}

/** Failures by account and by address, each with a delay that doubles. An account that does not exist is counted alike. */
export function createLockout(room: Room): Lockout {
  const hash = ({ kind, id }: Subject) => room.keyring.hash('pepper', `lockout ${kind} ${id}`).hash
  return {
    async take(...subjects) {
      const now = room.clock.now()
      for (const subject of subjects) {
        const waitMs = await inTransaction(room.db.authPool, (client) =>
          countAttempt(client, hash(subject), freeAttempts[subject.kind], now),
        )
        if (waitMs > 0) throw new AppError('locked_out', { retryAfterSeconds: Math.ceil(waitMs / 1000) })
      }
    },
    async clear(...subjects) {
      for (const subject of subjects) {
        const kept = subject.kind === 'address' ? 1 : null
        await room.db.authPool.query(
          'UPDATE lockout SET failures = coalesce(greatest(failures - $2::int, 0), 0), locked_until = NULL WHERE subject = $1',
          [hash(subject), kept],
        )
      }
    },
  }
}

/** How long this subject still has to wait; 0 lets the attempt happen and has counted it. */
async function countAttempt(client: pg.ClientBase, subject: Buffer, free: number, now: Date): Promise<number> {
  await client.query('INSERT INTO lockout (subject, failures, failed_at) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING', [subject, now])
  const found = await client.query<Row>(
    'SELECT failures, failed_at AS "failedAt", locked_until AS "lockedUntil" FROM lockout WHERE subject = $1 FOR UPDATE',
    [subject],
  )
  const row = found.rows[0] ?? { failures: 0, failedAt: now, lockedUntil: null }
  const waitMs = row.lockedUntil ? row.lockedUntil.getTime() - now.getTime() : 0
  if (waitMs > 0) return waitMs
  const isForgotten = now.getTime() - row.failedAt.getTime() > forgottenMs
  const failures = isForgotten ? 1 : row.failures + 1
  await client.query('UPDATE lockout SET failures = $2, failed_at = $3, locked_until = $4 WHERE subject = $1', [
    subject,
    failures,
    now,
    failures < free ? null : new Date(now.getTime() + delayMs(failures - free)),
  ])
  return 0
}

const delayMs = (excess: number) => Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(excess, 16))
