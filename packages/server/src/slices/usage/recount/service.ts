import type { Deps } from '../../../deps'
import { inTenantSql } from '../../../platform/tenancy'
import { lockLedger } from '../ledger-lock'
import { findRetainedFrom } from '../retained'
import { type CountedDay, compareSums, repairSums, type SumDifference } from './day-rows'
import { type DayRange, listCountedDays } from './days'

export type { SumDifference } from './day-rows'

type Room = Pick<Deps, 'db' | 'clock' | 'env'>

export interface RecountOptions extends Pick<DayRange, 'from' | 'to'> {
  organizationIds: readonly string[]
  repairs: boolean
}

/** What was compared, and what is still not as it should be. */
export interface Recount {
  days: number
  differences: number
  repaired: number
}

/** Counts the ledger anew, day by day, and holds the sums against it. */
export async function recountUsage(
  deps: Room,
  { organizationIds, repairs, from, to }: RecountOptions,
  tell: (organizationId: string, difference: SumDifference) => void,
): Promise<Recount> {
  const range = { retainedFrom: await findRetainedFrom(deps), now: deps.clock.now(), from, to }
  const counted: Recount = { days: 0, differences: 0, repaired: 0 }
  for (const organizationId of organizationIds) {
    const days = await inTenantSql(deps.db.systemPool, organizationId, (client) => listCountedDays(client, organizationId, range))
    for (const day of days) {
      const found = await recountDay(deps, organizationId, day, repairs)
      for (const difference of found) tell(organizationId, difference)
      counted.days++
      counted[repairs ? 'repaired' : 'differences'] += found.length
    }
  }
  return counted
}

function recountDay({ db }: Room, organizationId: string, day: CountedDay, repairs: boolean): Promise<SumDifference[]> {
  return inTenantSql(db.systemPool, organizationId, async (client) => {
    await client.query('SET LOCAL statement_timeout = 0')
    if (repairs) await lockLedger(client, organizationId, 'exclusive')
    const found = await compareSums(client, organizationId, day)
    if (repairs && found.length > 0) await repairSums(client, organizationId, day)
    return found
  })
}

export async function listOrganizations({ db }: Pick<Deps, 'db'>): Promise<string[]> {
  const found = await db.systemPool.query<{ id: string }>('SELECT id FROM organization ORDER BY id')
  return found.rows.map(({ id }) => id)
}
