import type { SummaryQuery, UsageSummary } from '@keylease/shared/contracts/usage'
import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { inTenantSql } from '../../platform/tenancy'
import { sumEvents } from './summary-rows'
import { startOfMonth } from './time-zone'

export async function summarizeUsage(deps: Deps, actor: Actor, { from, to, ...filter }: SummaryQuery): Promise<UsageSummary> {
  const now = deps.clock.now()
  return inTenantSql(deps.db.appPool, actor.organizationId, async (client) => {
    const period = {
      from: from === undefined ? await startOfMonth(client, actor.organizationId, now) : new Date(from),
      to: to === undefined ? now : new Date(to),
    }
    const { exact, estimated, assumed, ...sums } = await sumEvents(client, { ...filter, ...period })
    return {
      from: period.from.toISOString(),
      to: period.to.toISOString(),
      ...sums,
      quality: { exact, estimated, assumed },
      freshAt: now.toISOString(),
    }
  })
}
