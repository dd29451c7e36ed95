import type { Principal } from '../auth'
import type { Clock } from '../clock'
import type { Database } from '../db'
import type { FlushLoop } from '../flush-loop'
import type { Log } from '../log'
import { createTenantBuffer } from '../tenant-buffer'
import { saveTrustRuleUses, type TrustRuleUse } from './trust-rule-usage-rows'

/** Keeps in memory when each trust rule was last used, and writes it once a second and at a drain. It never slows or fails a request. */
export interface TrustRuleUsage extends FlushLoop {
  /** A refused request is no use of the rule. */
  note(principal: Principal, status: number, address: string): void
}

const refusals = [401, 403, 429]

export function createTrustRuleUsage(db: Pick<Database, 'systemPool'>, clock: Clock, log: Log): TrustRuleUsage {
  const { add, ...loop } = createTenantBuffer<TrustRuleUse>({
    log,
    maximumPending: 10_000,
    merge: (known, more) => (known.usedAt > more.usedAt ? known : more),
    save: (organizationId, uses) => saveTrustRuleUses(db.systemPool, organizationId, uses),
    failure: 'the last use of trust rules could not be saved; it is tried again in a second',
  })
  return {
    ...loop,
    note({ kind, id, organizationId, agentId, subject = '' }, status, address) {
      if (kind !== 'workload' || agentId === undefined || refusals.includes(status)) return
      add(organizationId, id, { ruleId: id, agentId, usedAt: clock.now(), address, subject })
    },
  }
}
