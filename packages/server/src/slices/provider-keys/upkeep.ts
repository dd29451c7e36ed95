import type { Deps } from '../../deps'
import type { Jobs } from '../../platform/jobs'
import { inTenantSql } from '../../platform/tenancy'
import { listSpentVersions } from '../leases/service'
import { pendingMs } from './rotation'
import { restorableMs } from './sight'
import { listOrganizationIds, settleVersions } from './upkeep-rows'

const everyMs = 10_000
const probeMs = 90 * 86_400_000
const trafficMs = 86_400_000

/** Ends what has a deadline: draining values, those that no lease holds any more before theirs, rotations that died, keys past their restoring, old probes. */
export function scheduleKeyUpkeep(jobs: Jobs, deps: Pick<Deps, 'db' | 'clock'>): void {
  jobs.loop('provider-keys', everyMs, () => settleKeys(deps))
}

export async function settleKeys({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const now = clock.now()
  const ago = (ms: number) => new Date(now.getTime() - ms)
  const times = {
    now,
    pendingBefore: ago(10 * pendingMs),
    deletedBefore: ago(restorableMs),
    probedBefore: ago(probeMs),
    calledBefore: ago(trafficMs),
  }
  for (const organizationId of await listOrganizationIds(db.systemPool)) {
    await inTenantSql(db.systemPool, organizationId, async (client) => {
      const spent = await listSpentVersions(client, organizationId, now)
      await settleVersions(client, organizationId, { ...times, spent })
    })
  }
}
