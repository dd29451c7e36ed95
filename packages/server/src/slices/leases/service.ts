import type { Lease, LeasePage, LeaseTaskPage, ListLeases, ListLeaseTasks } from '@keylease/shared/contracts/lease-bodies'
import type { Deps } from '../../deps'
import { readAs } from '../../platform/access'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { reachOf } from '../../platform/reach'
import { listVisibleKeyIds } from '../grants/service'
import { toLease, toLeaseTask } from './mapping'
import { countLeaseRows, hasUnsettled, listLeaseRows } from './queries'
import { countTaskRows, listTaskRows } from './revoke-rows'

export { fenceSharedLease } from './fence'
export { findLeaseOwners, listSpentVersions } from './owner-rows'

/** When leases were last used, by their ids: kept here and saved within a second, with the last use of their keys. */
export async function recordLeaseUses(
  deps: Pick<Deps, 'leaseUse'>,
  organizationId: string,
  uses: ReadonlyMap<string, Date>,
): Promise<void> {
  for (const [leaseId, usedAt] of uses) deps.leaseUse.record({ organizationId, leaseId, usedAt })
}

export function listLeasePage(deps: Deps, actor: Actor, { limit, cursor, ...named }: ListLeases): Promise<LeasePage> {
  const after = readCursor('lease', cursor)
  const filter = { ...named, reach: reachOf(actor) }
  const now = deps.databaseTime.now()
  return readAs(deps, actor, async (tx) => {
    const seen = { now, unsettled: await hasUnsettled(tx, actor.organizationId) }
    const rows = await listLeaseRows(tx, actor.organizationId, filter, { ...seen, after, take: limit + 1 })
    const total = await countLeaseRows(tx, actor.organizationId, filter, { ...seen, maximum: countLimit })
    return toPage(rows.map(toLease), limit, total)
  })
}

export function getLease(deps: Deps, actor: Actor, id: string): Promise<Lease> {
  const now = deps.databaseTime.now()
  return readAs(deps, actor, async (tx) => {
    const [row] = await listLeaseRows(
      tx,
      actor.organizationId,
      { id, reach: reachOf(actor) },
      { now, unsettled: true, after: null, take: 1 },
    )
    if (!row) throw new AppError('not_found')
    return toLease(row)
  })
}

export function listLeaseTaskPage(deps: Deps, actor: Actor, { limit, cursor, ...named }: ListLeaseTasks): Promise<LeaseTaskPage> {
  const after = readCursor('task', cursor)
  return readAs(deps, actor, async (tx) => {
    const filter = { keyId: named.keyId ?? null, state: named.state ?? null, visible: await listVisibleKeyIds(tx, actor) }
    const rows = await listTaskRows(tx, actor.organizationId, filter, { after, take: limit + 1 })
    return toPage(rows.map(toLeaseTask), limit, await countTaskRows(tx, actor.organizationId, filter, countLimit))
  })
}
