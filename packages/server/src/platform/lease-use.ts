import type { Database } from './db'
import type { FlushLoop } from './flush-loop'
import { type LeaseUseRow, saveLeaseUse } from './lease-use-rows'
import type { Log } from './log'
import { createTenantBuffer } from './tenant-buffer'

/** When leases and keys were last used: kept in memory and saved once a second, and at a drain. */
export interface LeaseUse extends FlushLoop {
  record(use: LeaseUseRow & { organizationId: string }): void
}

export function createLeaseUse(db: Pick<Database, 'systemPool'>, log: Log): LeaseUse {
  const { add, ...loop } = createTenantBuffer<LeaseUseRow>({
    log,
    maximumPending: 100_000,
    merge: (known, more) => (known.usedAt < more.usedAt ? more : known),
    save: (organizationId, uses) => saveLeaseUse(db.systemPool, organizationId, uses),
    failure: 'the last use of leases could not be saved; it is tried again in a second',
  })
  return { ...loop, record: ({ organizationId, ...use }) => add(organizationId, use.leaseId, use) }
}
