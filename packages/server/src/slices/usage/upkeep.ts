import type { Deps } from '../../deps'
import type { Jobs } from '../../platform/jobs'
import { moveCalendars } from './calendar/service'
import { listOrganizations, recountUsage } from './recount/service'
import { dropExpiredUsage } from './retention'
import { layOutDays } from './sheets/service'

const calendarMs = 60_000
const sheetMs = 60_000
const dayMs = 86_400_000

/** What keeps ledger and sums whole, small and in the zones of their organizations. */
export function scheduleLedgerUpkeep(jobs: Jobs, deps: Deps): void {
  jobs.schedule('usage-retention', '29 3 * * *', () => dropExpiredUsage(deps))
  jobs.schedule('recount', '41 4 * * *', () => recountRecentDays(deps))
  jobs.loop('usage-calendars', calendarMs, () => moveCalendars(deps))
  jobs.loop('usage-sheets', sheetMs, async () => void (await layOutDays(deps)))
}

/** Yesterday is over in every zone, or still running in some: either way its sums equal its ledger. */
export async function recountRecentDays(deps: Pick<Deps, 'db' | 'clock' | 'env' | 'log' | 'metrics'>): Promise<void> {
  const yesterday = new Date(deps.clock.now().getTime() - dayMs).toISOString().slice(0, 10)
  const options = { organizationIds: await listOrganizations(deps), from: yesterday, to: yesterday, repairs: false }
  const { differences } = await recountUsage(deps, options, (organizationId, difference) =>
    deps.log.error({ organizationId, ...difference }, 'the sums of a day differ from its ledger: see keylease recount'),
  )
  deps.metrics.setRecountDifferences(differences)
}
