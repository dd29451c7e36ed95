import type pg from 'pg'
import type { Deps } from '../../../deps'
import { inTenantSql } from '../../../platform/tenancy'
import { lockLedger } from '../ledger-lock'
import { findRetainedFrom } from '../retained'
import { lockRollups } from '../rollups/rollup-rows'
import { findWrongSheets } from '../sheets/service'
import { dropSheetsBetween } from '../sheets/sheet-rows'
import { type CountedMonth, compareMonth, compareSums, repairMonth, repairSums, type SumDifference } from './day-rows'
import { type DayRange, type LocalDay, listCountedDays } from './days'

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
    const take = (found: readonly SumDifference[]) => {
      for (const difference of found) tell(organizationId, difference)
      counted[repairs ? 'repaired' : 'differences'] += found.length
    }
    for (const month of new Map(days.map((day) => [day.month.start.getTime(), day.month])).values())
      take(await recountMonth(deps, organizationId, month, repairs))
    for (const day of days) take(await recountDay(deps, organizationId, day, repairs))
    counted.days += days.length
  }
  return counted
}

const recountMonth = ({ db }: Room, organizationId: string, month: CountedMonth, repairs: boolean): Promise<SumDifference[]> =>
  recountIn(db, organizationId, repairs, async (client) => {
    const found = await compareMonth(client, organizationId, month)
    if (repairs && found.length > 0) await repairMonth(client, organizationId, month)
    return found
  })

const recountDay = ({ db }: Room, organizationId: string, day: LocalDay, repairs: boolean): Promise<SumDifference[]> =>
  recountIn(db, organizationId, repairs, async (client) => {
    const found = [...(await compareSums(client, organizationId, day)), ...(await compareSheets(client, organizationId, day.start))]
    if (repairs && found.length > 0) {
      await dropSheetsBetween(client, organizationId, day.start, day.to)
      await repairSums(client, organizationId, day)
      await repairMonth(client, organizationId, day.month)
    }
    return found
  })

/** A day that is ranked otherwise than it is summed. From here on nobody changes either. */
async function compareSheets(client: pg.ClientBase, organizationId: string, startsAt: Date): Promise<SumDifference[]> {
  await lockRollups(client, organizationId)
  const wrong = await findWrongSheets(client, organizationId, startsAt)
  return wrong.map((dimension) => ({
    grain: 'day',
    dimension,
    startsAt,
    value: '',
    paired: '',
    columns: ['is ranked otherwise than summed'],
  }))
}

function recountIn<Found>(db: Room['db'], organizationId: string, repairs: boolean, work: (client: pg.ClientBase) => Promise<Found>) {
  return inTenantSql(db.systemPool, organizationId, async (client) => {
    await client.query('SET LOCAL statement_timeout = 0')
    if (repairs) await lockLedger(client, organizationId, 'exclusive')
    return work(client)
  })
}

export async function listOrganizations({ db }: Pick<Deps, 'db'>): Promise<string[]> {
  const found = await db.systemPool.query<{ id: string }>('SELECT id FROM organization ORDER BY id')
  return found.rows.map(({ id }) => id)
}
