import type { Deps } from '../../../deps'
import { inTenantSql } from '../../../platform/tenancy'
import { lockLedger } from '../ledger-lock'
import { repairSums } from '../recount/day-rows'
import { findRetainedFrom } from '../retained'
import { lockRollups } from '../rollups/rollup-rows'
import { dropSheetsBetween } from '../sheets/sheet-rows'
import { listFoldedDays, listMovedOrganizations, moveDays, readMove, sumMonths } from './calendar-rows'

type Room = Pick<Deps, 'db' | 'clock' | 'env' | 'log'>

/** Organizations that changed their time zone get days that begin in it, as far back as quarters are kept. */
export async function moveCalendars(deps: Room): Promise<void> {
  for (const organizationId of await listMovedOrganizations(deps.db.systemPool)) {
    await moveCalendar(deps, organizationId, await findRetainedFrom(deps))
    deps.log.info({ organizationId }, 'the sums of days follow the new time zone')
  }
}

async function moveCalendar({ db }: Room, organizationId: string, retainedFrom: Date): Promise<void> {
  await inTenantSql(db.systemPool, organizationId, async (client) => {
    await client.query('SET LOCAL statement_timeout = 0')
    await lockLedger(client, organizationId, 'exclusive')
    await lockRollups(client, organizationId)
    await dropSheetsBetween(client, organizationId, '-infinity', 'infinity')
    const move = await readMove(client, organizationId, retainedFrom)
    await moveDays(client, organizationId, move)
    // A value that one of two days had folded may now stand beside itself: those are counted anew from the ledger.
    for (const { start, end } of await listFoldedDays(client, organizationId, move)) {
      await repairSums(client, organizationId, { start, from: start < move.from ? move.from : start, to: end })
    }
    await sumMonths(client, organizationId, move.timeZone)
  })
}
