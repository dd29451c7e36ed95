import type {
  ListProviderKeys,
  ProbePage,
  ProviderKey,
  ProviderKeyDetail,
  ProviderKeyImpact,
  ProviderKeyPage,
  UpdateProviderKey,
} from '@keylease/shared/contracts/provider-key-bodies'
import { providerFields } from '@keylease/shared/providers/provider'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { readImpact } from '../../platform/impact'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { listVisibleKeyIds } from '../grants/service'
import { announceChange, announceKey } from './announce'
import { replanHealth } from './health/health-rows'
import { toKeyVersion, toProbe, toProviderKey } from './mapping'
import { readExpiry, requireOwners } from './ownership'
import { countProbeRows, listProbeRows } from './probe-rows'
import { countCover, countKeyRows, listKeyRows, listVersionRows, updateKeyRow } from './queries'
import { planProbe } from './recording'
import { requireFields } from './required-fields'
import { lockManagedKey, refuseRevoked, requireProvider, seeKey } from './sight'

export { findLeasedVersion, type LeasableKey, listLeasableKeys, openLeasedSecret } from './leasable'

const shownVersions = 50

/** What the settings of an organization change for its keys. */
export const replanHealthChecks = replanHealth

export function listProviderKeyPage(deps: Deps, actor: Actor, query: ListProviderKeys): Promise<ProviderKeyPage> {
  const { limit, cursor, sort, order, deleted, ...named } = query
  const after = readCursor('providerKey', cursor)
  const rising = sort === 'name' || sort === 'expiresAt' ? 'asc' : 'desc'
  return readAs(deps, actor, async (tx) => {
    const filter = { ...presentFields(named), deleted: deleted === 'true', visible: await listVisibleKeyIds(tx, actor) }
    const rows = await listKeyRows(tx, filter, { field: sort, order: order ?? rising }, { after, take: limit + 1 })
    if (!rows) throw new AppError('invalid_cursor')
    return toPage(rows.map(toProviderKey), limit, await countKeyRows(tx, filter, countLimit))
  })
}

export function getProviderKey(deps: Deps, actor: Actor, id: string): Promise<ProviderKeyDetail> {
  return readAs(deps, actor, async (tx) => {
    const row = await seeKey(deps, tx, actor, id)
    return { ...toProviderKey(row), versions: (await listVersionRows(tx, id, shownVersions)).map(toKeyVersion) }
  })
}

export function getProviderKeyImpact(deps: Deps, actor: Actor, id: string): Promise<ProviderKeyImpact> {
  return readAs(deps, actor, async (tx) => {
    const row = await seeKey(deps, tx, actor, id)
    const { lastUsedAt, lastUsedAgentId } = toProviderKey(row)
    const impact = await readImpact(tx, actor.organizationId, { dimension: 'key', id }, deps.databaseTime.now())
    return { keyId: id, ...(await countCover(tx, row)), ...impact, lastUsedAt, lastUsedAgentId }
  })
}

export function listProbePage(
  deps: Deps,
  actor: Actor,
  id: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<ProbePage> {
  const after = readCursor('probe', query.cursor)
  return readAs(deps, actor, async (tx) => {
    const { provider } = await seeKey(deps, tx, actor, id)
    const facts = await requireProvider(tx, provider)
    const rows = await listProbeRows(tx, id, { after, take: query.limit + 1 })
    return toPage(
      rows.map((row) => toProbe(facts, row)),
      query.limit,
      await countProbeRows(tx, id, countLimit),
    )
  })
}

export function updateProviderKey(deps: Deps, actor: Actor, id: string, change: UpdateProviderKey): Promise<ProviderKey> {
  return writeAs(deps, actor, async (tx) => {
    const row = await lockManagedKey(deps, tx, actor, id)
    if (change.status !== undefined) refuseRevoked(row)
    await requireOwners(tx, actor, change)
    if (providerFields.some((field) => field in change))
      requireFields(await requireProvider(tx, row.provider), { ...row, ...presentFields(change) })
    const now = deps.clock.now()
    const { expiresAt, ...fields } = change
    const expiry = expiresAt === undefined ? {} : { expiresAt: readExpiry(expiresAt, now) }
    const after = toProviderKey(await updateKeyRow(tx, actor.organizationId, id, { ...presentFields(fields), ...expiry, updatedAt: now }))
    if (change.status === 'active') await planProbe(tx, deps, actor.organizationId, id)
    await announceChange(tx, actor, id)
    const fact = { action: 'provider-key.updated', resource: { kind: 'provider-key', id }, before: toProviderKey(row), after }
    await recordAudit(tx, deps.clock, actor, fact)
    return after
  })
}

export function deleteProviderKey(deps: Deps, actor: Actor, id: string): Promise<void> {
  return writeAs(deps, actor, async (tx) => {
    const before = toProviderKey(await lockManagedKey(deps, tx, actor, id))
    await updateKeyRow(tx, actor.organizationId, id, { deletedAt: deps.clock.now() })
    await announceChange(tx, actor, id)
    await announceKey(tx, actor, 'key.deleted', before)
    await recordAudit(tx, deps.clock, actor, { action: 'provider-key.deleted', resource: { kind: 'provider-key', id }, before })
  })
}

export function restoreProviderKey(deps: Deps, actor: Actor, id: string): Promise<ProviderKey> {
  return writeAs(deps, actor, async (tx) => {
    const row = await lockManagedKey(deps, tx, actor, id, 'deleted-too')
    const after = toProviderKey(await updateKeyRow(tx, actor.organizationId, id, { deletedAt: null, updatedAt: deps.clock.now() }))
    await announceChange(tx, actor, id)
    if (row.deletedAt !== null) {
      await planProbe(tx, deps, actor.organizationId, id)
      await announceKey(tx, actor, 'key.restored', after)
    }
    const fact = { action: 'provider-key.restored', resource: { kind: 'provider-key', id }, before: toProviderKey(row), after }
    await recordAudit(tx, deps.clock, actor, fact)
    return after
  })
}
