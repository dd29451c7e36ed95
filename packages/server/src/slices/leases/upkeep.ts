import { setTimeout as rest } from 'node:timers/promises'
import type { Deps } from '../../deps'
import type { Jobs } from '../../platform/jobs'
import { inTenantSql } from '../../platform/tenancy'
import { forgetEnded, listOrganizationIds, settleExpired, settleRevoked } from './upkeep-rows'

const everyMs = 10_000
/** Longer than any usage may still be reported. */
const keptMs = 90 * 86_400_000
/** For each millisecond of work: who asks for a lease meanwhile finds the database free for three quarters of the time. */
const restShare = 3

/** Writes into the rows of leases what has become of them, a batch at a time: no lease has a timer, and none needs this to be dead. */
export function scheduleLeaseUpkeep(jobs: Jobs, deps: Pick<Deps, 'db' | 'databaseTime'>): void {
  jobs.loop('leases', everyMs, () => settleLeases(deps))
}

export async function settleLeases({ db, databaseTime }: Pick<Deps, 'db' | 'databaseTime'>): Promise<void> {
  const now = databaseTime.now()
  const endedBefore = new Date(now.getTime() - keptMs)
  for (const organizationId of await listOrganizationIds(db.systemPool)) {
    const inBatches = async (settle: (client: Parameters<typeof settleExpired>[0]) => Promise<boolean>) => {
      for (;;) {
        const startedAt = performance.now()
        if (!(await inTenantSql(db.systemPool, organizationId, settle))) return
        await rest((performance.now() - startedAt) * restShare)
      }
    }
    await inBatches((client) => settleRevoked(client, organizationId, now))
    await inBatches((client) => settleExpired(client, organizationId, now))
    await inBatches((client) => forgetEnded(client, organizationId, endedBefore))
  }
}
