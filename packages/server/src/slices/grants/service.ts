import type { CreateGrant, Grant, GrantPage, ListGrants, UpdateGrant } from '@keylease/shared/contracts/grants'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { reachOf } from '../../platform/reach'
import { readNetworks } from '../../platform/request/networks'
import type { Tx } from '../../platform/tenancy'
import { readLeaseFacts } from './lease-facts'
import { toGrant } from './mapping'
import { evaluatePolicy } from './policy'
import type { Candidate, PolicyFacts, Restrictions } from './policy-facts'
import { countGrantRows, findGrant, insertGrant, listGrantedKeys, listGrantRows, lockGrant, type Sight, updateGrantRow } from './queries'
import { assertMayChange, assertMayGrant } from './rights'

export type { Candidate, PolicyFacts, Restrictions }
export { evaluatePolicy, readLeaseFacts }

export function listGrantPage(deps: Deps, actor: Actor, query: ListGrants): Promise<GrantPage> {
  const { limit, cursor, ...named } = query
  const after = readCursor('grant', cursor)
  const filter = presentFields(named)
  return readAs(deps, actor, async (tx) => {
    const rows = await listGrantRows(tx, filter, sightOf(actor), { after, take: limit + 1 })
    const total = await countGrantRows(tx, filter, sightOf(actor), countLimit)
    return toPage(rows.map(toGrant), limit, total)
  })
}

export function getGrant(deps: Deps, actor: Actor, id: string): Promise<Grant> {
  return readAs(deps, actor, (tx) => requireGrant(tx, actor, id))
}

export function createGrant(deps: Deps, actor: Actor, input: CreateGrant): Promise<Grant> {
  return writeAs(deps, actor, async (tx) => {
    const { hours, expiresAt, addresses, ...named } = input
    await assertMayGrant(tx, actor, input, () => listManagedKeyIds(tx, actor))
    const now = deps.clock.now()
    const values = {
      organizationId: actor.organizationId,
      id: newId('grant'),
      ...presentFields(named),
      addresses: readNetworks(addresses ?? [], 'addresses'),
      expiresAt: readEnd(expiresAt ?? null, now),
      grantedBy: actor.id,
      createdAt: now,
      updatedAt: now,
    }
    const grant = toGrant(await insertGrant(tx, values, hours ?? null))
    await announce(tx, actor, grant.id)
    await recordAudit(tx, deps.clock, actor, { action: 'grant.created', resource: { kind: 'grant', id: grant.id }, after: grant })
    return grant
  })
}

export function updateGrant(deps: Deps, actor: Actor, id: string, change: UpdateGrant): Promise<Grant> {
  return writeAs(deps, actor, async (tx) => {
    await lockGrant(tx, id)
    const before = await requireGrant(tx, actor, id)
    await assertMayChange(tx, actor, before, () => listManagedKeyIds(tx, actor))
    const { hours, expiresAt, addresses, ...fields } = change
    const now = deps.clock.now()
    const data = {
      ...presentFields(fields),
      ...(addresses === undefined ? {} : { addresses: readNetworks(addresses, 'addresses') }),
      ...(expiresAt === undefined ? {} : { expiresAt: readEnd(expiresAt, now) }),
      updatedAt: now,
    }
    const after = toGrant(await updateGrantRow(tx, actor.organizationId, id, data, hours))
    await announce(tx, actor, id)
    await recordAudit(tx, deps.clock, actor, { action: 'grant.updated', resource: { kind: 'grant', id }, before, after })
    return after
  })
}

export function deleteGrant(deps: Deps, actor: Actor, id: string): Promise<void> {
  return writeAs(deps, actor, async (tx) => {
    await lockGrant(tx, id)
    const before = await requireGrant(tx, actor, id)
    await assertMayChange(tx, actor, before, () => listManagedKeyIds(tx, actor))
    await updateGrantRow(tx, actor.organizationId, id, { deletedAt: deps.clock.now() }, undefined)
    await announce(tx, actor, id)
    await recordAudit(tx, deps.clock, actor, { action: 'grant.deleted', resource: { kind: 'grant', id }, before })
  })
}

/** The provider keys that this actor may change, rotate, revoke and grant on; null is every key. */
export async function listManagedKeyIds(tx: Tx, actor: Actor): Promise<readonly string[] | null> {
  const sight = sightOf(actor)
  return sight && listGrantedKeys(tx, sight, ['manage'])
}

/** The provider keys that this actor sees: their teams' own, and what is granted to them in any way; null is every key. */
export async function listVisibleKeyIds(tx: Tx, actor: Actor): Promise<readonly string[] | null> {
  const sight = sightOf(actor)
  return sight && listGrantedKeys(tx, sight, ['lease', 'manage'])
}

function sightOf(actor: Actor): Sight | null {
  const teamIds = reachOf(actor)
  return teamIds && { teamIds, memberId: actor.memberId ?? null, role: actor.role ?? null }
}

async function requireGrant(tx: Tx, actor: Actor, id: string): Promise<Grant> {
  const row = await findGrant(tx, id, sightOf(actor))
  if (!row) throw new AppError('not_found')
  return toGrant(row)
}

function readEnd(expiresAt: string | null, now: Date): Date | null {
  if (expiresAt === null) return null
  const end = new Date(expiresAt)
  if (end > now) return end
  throw new AppError('invalid_request', { message: 'The request is not valid: expiresAt must be in the future.' })
}

/** Policies of every replica are read anew. */
function announce(tx: Tx, actor: Actor, grantId: string): Promise<void> {
  return recordChange(tx, { organizationId: actor.organizationId, kind: 'policy.changed', payload: { grantId } })
}
