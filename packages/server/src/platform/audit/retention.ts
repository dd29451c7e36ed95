import pg from 'pg'
import type { Clock } from '../clock'
import type { Database } from '../db'
import type { Log } from '../log'
import { inTenantSql, inTransaction } from '../tenancy'

interface RetentionRoom {
  db: Pick<Database, 'systemPool' | 'ownerPool'>
  clock: Clock
  log: Pick<Log, 'info' | 'warn'>
}

interface Month {
  partition: string
  from: Date
  to: Date
}

const dayMs = 86_400_000

/**
 * Drops the months of audit entries that no organization keeps any longer, once each entry in them is under a signed root.
 * Leaves and roots stay. What was personal goes first, and so do security events of the same age.
 */
export async function dropExpiredAudit({ db, clock, log }: RetentionRoom): Promise<string[]> {
  const { organizations, keptDays } = await readRetention(db.systemPool)
  if (organizations.length === 0) return []
  const before = new Date(clock.now().getTime() - keptDays * dayMs)
  for (const id of organizations) await removeExpiredEvents(db.systemPool, id, before)
  const dropped: string[] = []
  for (const month of (await listMonths(db.ownerPool)).filter(({ to }) => to <= before)) {
    if (await hasUnproven(db.systemPool, organizations, month)) {
      log.warn({ partition: month.partition }, 'audit entries past their retention stay, for they have no checkpoint yet')
      continue
    }
    for (const id of organizations) await removePersonal(db.systemPool, id, month)
    await dropMonth(db.ownerPool, month.partition)
    dropped.push(month.partition)
    log.info({ partition: month.partition }, 'audit entries past their retention were dropped; their roots stay')
  }
  return dropped
}

/** The start of the oldest month that is there: what is older was dropped, or never was. */
export async function findRetainedFrom(client: pg.ClientBase | pg.Pool): Promise<Date | null> {
  return (await listMonths(client))[0]?.from ?? null
}

/** A month holds the entries of every organization, so the longest retention decides. */
async function readRetention(pool: pg.Pool): Promise<{ organizations: string[]; keptDays: number }> {
  const found = await pool.query<{ id: string; days: number }>('SELECT id, audit_retention_days AS days FROM organization')
  return { organizations: found.rows.map((row) => row.id), keptDays: Math.max(...found.rows.map((row) => row.days)) }
}

async function listMonths(client: pg.ClientBase | pg.Pool): Promise<Month[]> {
  const found = await client.query<{ partition: string }>(
    `SELECT c.relname AS partition FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
     WHERE inhparent = 'public.audit_entry'::regclass AND relname ~ '^audit_entry_\\d{4}_\\d{2}$' ORDER BY 1`,
  )
  return found.rows.map(({ partition }) => {
    const [year = 0, month = 1] = partition.split('_').slice(-2).map(Number)
    return { partition, from: new Date(Date.UTC(year, month - 1, 1)), to: new Date(Date.UTC(year, month, 1)) }
  })
}

async function hasUnproven(pool: pg.Pool, organizations: readonly string[], { from, to }: Month): Promise<boolean> {
  for (const id of organizations) {
    const found = await inTenantSql(pool, id, (client) =>
      client.query(
        `SELECT FROM audit_entry e WHERE organization_id = $1 AND occurred_at >= $2 AND occurred_at < $3
           AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.organization_id = e.organization_id AND l.entry_id = e.id) LIMIT 1`,
        [id, from, to],
      ),
    )
    if (found.rowCount !== 0) return true
  }
  return false
}

async function removePersonal(pool: pg.Pool, organizationId: string, { from, to }: Month): Promise<void> {
  await inTenantSql(pool, organizationId, (client) =>
    client.query(
      `DELETE FROM audit_personal WHERE organization_id = $1
         AND entry_id IN (SELECT id FROM audit_entry WHERE organization_id = $1 AND occurred_at >= $2 AND occurred_at < $3)`,
      [organizationId, from, to],
    ),
  )
}

async function removeExpiredEvents(pool: pg.Pool, organizationId: string, before: Date): Promise<void> {
  await inTenantSql(pool, organizationId, (client) =>
    client.query(
      `WITH expired AS (DELETE FROM security_event WHERE organization_id = $1 AND occurred_at < $2 RETURNING id)
       DELETE FROM audit_personal WHERE organization_id = $1 AND entry_id IN (SELECT id FROM expired)`,
      [organizationId, before],
    ),
  )
}

/** It waits briefly for the table and otherwise leaves the month to the next night. */
async function dropMonth(pool: pg.Pool, partition: string): Promise<void> {
  const name = pg.escapeIdentifier(partition)
  await inTransaction(pool, async (client) => {
    await client.query(`SET LOCAL lock_timeout = '3s'`)
    await client.query(`ALTER TABLE audit_entry DETACH PARTITION ${name}`)
    await client.query(`DROP TABLE ${name}`)
  })
}
