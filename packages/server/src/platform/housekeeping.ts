import type { Clock } from './clock'
import type { Database } from './db'
import type { Jobs } from './jobs'
import { ensurePartitions } from './postgres/partitions'
import { inTenantSql } from './tenancy'

/** What keeps the tables small and their next months ready, once across replicas. */
export function scheduleHousekeeping(jobs: Jobs, db: Database, clock: Clock): void {
  jobs.schedule('partitions', '17 3 * * *', async () => {
    await ensurePartitions(db.ownerPool, clock.now())
  })
  jobs.schedule('housekeeping', '*/5 * * * *', () => removeExpired(db))
}

/** What signing in leaves behind. */
async function removeExpiredOfPersons({ authPool }: Pick<Database, 'authPool'>): Promise<void> {
  await authPool.query('DELETE FROM session WHERE expires_at < now()')
  await authPool.query('DELETE FROM verification WHERE expires_at < now()')
  await authPool.query('DELETE FROM step_up WHERE expires_at < now()')
  await authPool.query(`DELETE FROM totp_use WHERE used_at < now() - interval '1 hour'`)
  await authPool.query(
    `DELETE FROM lockout WHERE failed_at < now() - interval '24 hours' AND (locked_until IS NULL OR locked_until < now())`,
  )
}

/** Removes what has outlived its time: of persons, and in one tenant after another. */
export async function removeExpired(db: Pick<Database, 'systemPool' | 'authPool'>): Promise<void> {
  await removeExpiredOfPersons(db)
  await db.systemPool.query(`DELETE FROM replica WHERE seen_at < now() - interval '1 minute'`)
  for (const organizationId of await listOrganizations(db)) {
    await inTenantSql(db.systemPool, organizationId, async (client) => {
      await client.query(`DELETE FROM usage_trace WHERE told_at < now() - interval '24 hours'`)
      await client.query(`DELETE FROM change WHERE created_at < now() - interval '15 minutes'`)
      await client.query(`DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'`)
      await client.query(
        `DELETE FROM webhook_delivery d USING outbox_event e WHERE e.organization_id = d.organization_id AND e.id = d.event_id
           AND d.status <> 'pending' AND e.created_at < now() - interval '30 days'`,
      )
      await client.query(
        `DELETE FROM outbox_event e WHERE created_at < now() - interval '30 days' AND handed_out_at IS NOT NULL AND NOT EXISTS (
           SELECT FROM webhook_delivery d WHERE d.organization_id = e.organization_id AND d.event_id = e.id)`,
      )
      await client.query(
        `UPDATE idempotency SET sealed_response = NULL WHERE sealed_response IS NOT NULL AND created_at < now() - interval '10 minutes'`,
      )
    })
  }
}

/** Those of the directory, and those of which only changes are left. */
async function listOrganizations({ systemPool }: Pick<Database, 'systemPool'>): Promise<string[]> {
  const found = await systemPool.query<{ id: string }>(
    `SELECT id FROM organization UNION SELECT organization_id FROM change WHERE created_at < now() - interval '15 minutes'`,
  )
  return found.rows.map((row) => row.id)
}
