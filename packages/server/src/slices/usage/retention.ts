import type { Deps } from '../../deps'
import { dropPartition } from '../../platform/postgres/partitions'
import { inTenantSql } from '../../platform/tenancy'
import { listOrganizations } from './recount/service'
import { listExpiredPartitions } from './retained'

type Room = Pick<Deps, 'db' | 'clock' | 'env' | 'log'>

const attempts = 3
const dayMs = 86_400_000
/** Calls that ended more than 30 days ago are refused, so none of them can come twice. */
const identityDays = 31
const identitiesAtOnce = 10_000

/** Drops events and quarters past their retention, whole days at a time, and identities that no report can bring back. */
export async function dropExpiredUsage(deps: Room): Promise<void> {
  await dropExpiredPartitions(deps)
  const before = new Date(deps.clock.now().getTime() - identityDays * dayMs).toISOString().slice(0, 10)
  for (const organizationId of await listOrganizations(deps)) await forgetIdentities(deps, organizationId, before)
}

async function dropExpiredPartitions({ db, log, ...deps }: Room): Promise<void> {
  for (const { table, partition } of await listExpiredPartitions({ db, ...deps })) {
    let isGone = false
    for (let attempt = 0; attempt < attempts && !isGone; attempt++) isGone = await dropPartition(db.ownerPool, table, partition)
    if (!isGone) {
      log.warn({ partition }, 'usage past its retention is in use and stays until tomorrow')
      return
    }
    log.info({ partition }, 'usage past its retention was dropped; the sums of its days stay')
  }
}

async function forgetIdentities({ db }: Room, organizationId: string, before: string): Promise<void> {
  let isMore = true
  while (isMore) {
    const removed = await inTenantSql(db.systemPool, organizationId, (client) =>
      client.query(
        `DELETE FROM usage_identity WHERE organization_id = $1
           AND hash = ANY (ARRAY(SELECT hash FROM usage_identity WHERE organization_id = $1 AND day < $2 ORDER BY day LIMIT $3))`,
        [organizationId, before, identitiesAtOnce],
      ),
    )
    isMore = removed.rowCount === identitiesAtOnce
  }
}
