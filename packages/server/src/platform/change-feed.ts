import type pg from 'pg'
import type { Clock } from './clock'

export interface Change {
  /** A bigint as text. Later ids may commit earlier. */
  id: string
  organizationId: string
  kind: string
  payload: Record<string, unknown>
}

export interface ChangeFeed {
  /** What has become visible since the last call. `missed`: more may have, and can no longer be told. */
  read(): Promise<{ missed: boolean; changes: Change[] }>
  readAt(): Date
}

interface Position {
  snapshot: string
  readAt: Date
}

interface ChangeRow extends Omit<Change, 'id'> {
  id: string | null
  snapshot: string
}

// Rows live 15 minutes from the start of their transaction; a slow one may commit late in that time.
const longestGapMs = 14 * 60_000

/** Starts at the present: what is committed before the first read is nobody's news. */
export function createChangeFeed(pool: pg.Pool, clock: Clock): ChangeFeed {
  const createdAt = clock.now()
  let position: Position | undefined
  let failed = false

  return {
    async read() {
      const before = position
      const readAt = clock.now()
      const isStale = before !== undefined && readAt.getTime() - before.readAt.getTime() > longestGapMs
      const rows = await readRows(pool, isStale ? undefined : before?.snapshot).catch((error: unknown) => {
        failed = true
        throw error
      })
      const snapshot = rows[0]?.snapshot ?? ''
      // A server that crashed may give a transaction number again that the last snapshot counts as ended.
      const missed = failed || isStale || (before !== undefined && isRewound(before.snapshot, snapshot))
      position = { snapshot, readAt }
      failed = false
      return { missed, changes: rows.flatMap(toChanges) }
    },
    readAt: () => position?.readAt ?? createdAt,
  }
}

/**
 * One statement yields the rows that the last snapshot did not see and the snapshot that saw them: nothing is missed or
 * repeated, in whatever order ids and transactions commit.
 */
async function readRows(pool: pg.Pool, since: string | undefined): Promise<ChangeRow[]> {
  const found = await pool.query<ChangeRow>(
    `SELECT pg_current_snapshot()::text AS snapshot, change.id::text, organization_id AS "organizationId", kind, payload
     FROM (SELECT 1) AS one LEFT JOIN change
       ON xid >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot)
     ORDER BY change.id`,
    [since ?? null],
  )
  return found.rows
}

/** Transactions are numbered lower than before: another database, such as one restored from a backup. */
function isRewound(before: string, now: string): boolean {
  const nextTransaction = (snapshot: string) => BigInt(snapshot.split(':')[1] ?? 0)
  return nextTransaction(now) < nextTransaction(before)
}

function toChanges({ id, organizationId, kind, payload }: ChangeRow): Change[] {
  return id === null ? [] : [{ id, organizationId, kind, payload }]
}
