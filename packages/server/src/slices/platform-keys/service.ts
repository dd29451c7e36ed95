import type {
  CreatePlatformKey,
  IssuedPlatformKey,
  ListPlatformKeys,
  PlatformKey,
  PlatformKeyPage,
  PlatformKeyUsage,
  RegeneratePlatformKey,
  UpdatePlatformKey,
} from '@keylease/shared/contracts/platform-keys'
import { newId } from '@keylease/shared/ids'
import { createPlatformKeyToken, showPrefix } from '@keylease/shared/platform-key'
import type { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { platformKeyChanged } from '../../platform/platform-key-cache'
import { reachOf } from '../../platform/reach'
import { readNetworks } from '../../platform/request/networks'
import type { Tx } from '../../platform/tenancy'
import { requireAgent } from '../agents/service'
import { refuseEnded, requireEarlierEnd, requireFuture } from './ends'
import { listShownDays, toPlatformKey, toPlatformKeyUsage } from './mapping'
import {
  countPlatformKeyRows,
  findPlatformKey,
  insertPlatformKey,
  listPlatformKeyRows,
  listUsageDays,
  lockPlatformKey,
  type PlatformKeyRow,
  replaceToken,
  sumUsage,
  updatePlatformKeyRow,
} from './queries'
import { assertHolds, grantRights } from './rights'

export function listPlatformKeyPage(deps: Deps, actor: Actor, query: ListPlatformKeys): Promise<PlatformKeyPage> {
  const { search, scope, agentId, status, limit } = query
  const now = deps.clock.now()
  const filter = { search, scope, agentId, status, now, reach: reachOf(actor) }
  const after = readCursor('platformKey', query.cursor)
  return readAs(deps, actor, async (tx) => {
    const rows = await listPlatformKeyRows(tx, filter, { after, take: limit + 1 })
    const total = await countPlatformKeyRows(tx, filter, countLimit)
    return toPage(
      rows.map((row) => toPlatformKey(row, now)),
      limit,
      total,
    )
  })
}

export function getPlatformKey(deps: Deps, actor: Actor, id: string): Promise<PlatformKey> {
  return readAs(deps, actor, async (tx) => toPlatformKey(present(await findPlatformKey(tx, id, reachOf(actor))), deps.clock.now()))
}

export function getPlatformKeyUsage(deps: Deps, actor: Actor, id: string): Promise<PlatformKeyUsage> {
  const days = listShownDays(deps.clock.now())
  return readAs(deps, actor, async (tx) => {
    const key = present(await findPlatformKey(tx, id, reachOf(actor)))
    return toPlatformKeyUsage(key, days, await listUsageDays(tx, id, days[0] ?? ''), await sumUsage(tx, id))
  })
}

export async function createPlatformKey(deps: Deps, actor: Actor, input: CreatePlatformKey): Promise<IssuedPlatformKey> {
  const rights = grantRights(actor, input.scopes)
  const addresses = readNetworks(input.addresses, 'addresses')
  const issued = await writeAs(deps, actor, async (tx) => {
    const now = deps.clock.now()
    if (input.agentId !== null) await requireAgent(tx, actor, input.agentId)
    if (input.expiresAt !== null) requireFuture(input.expiresAt, now)
    const token = createPlatformKeyToken()
    const own = { organizationId: actor.organizationId, id: newId('platformKey'), createdBy: actor.id, createdAt: now }
    const values = { ...input, ...rights, scopes: input.scopes, addresses, ...own, ...toStoredToken(deps, token) }
    const after = toPlatformKey(await insertPlatformKey(tx, values), now)
    await recordAudit(tx, deps.clock, actor, { action: 'platform-key.created', resource: resourceOf(after.id), after })
    return { ...after, key: token.reveal() }
  })
  noteShown(deps, actor, issued.id)
  return issued
}

export function updatePlatformKey(deps: Deps, actor: Actor, id: string, change: UpdatePlatformKey): Promise<PlatformKey> {
  const addresses = change.addresses && readNetworks(change.addresses, 'addresses')
  const apply: Change = async (tx, row, now) => {
    if (change.expiresAt !== undefined) requireEarlierEnd(change.expiresAt, row.expiresAt, now)
    return updatePlatformKeyRow(tx, actor.organizationId, id, presentFields({ ...change, addresses }))
  }
  return changeKey(deps, actor, id, 'platform-key.updated', apply, (key) => key)
}

export async function regeneratePlatformKey(
  deps: Deps,
  actor: Actor,
  id: string,
  { overlapSeconds }: RegeneratePlatformKey,
): Promise<IssuedPlatformKey> {
  const { organizationId } = actor
  const token = createPlatformKeyToken()
  const apply: Change = (tx, _row, now) => {
    const goodUntil = new Date(now.getTime() + overlapSeconds * 1_000)
    const stored = toStoredToken(deps, token)
    return replaceToken(tx, { organizationId, keyId: id, token: stored, goodUntil, endsEarlier: overlapSeconds === 0 })
  }
  const issued = await changeKey(deps, actor, id, 'platform-key.regenerated', apply, (key) => ({ ...key, key: token.reveal() }))
  noteShown(deps, actor, id)
  return issued
}

/** Whoever sees a key may end it: that takes rights away and gives none. */
export async function revokePlatformKey(deps: Deps, actor: Actor, id: string): Promise<void> {
  await writeAs(deps, actor, async (tx) => {
    const now = deps.clock.now()
    const row = present(await lockPlatformKey(tx, id, reachOf(actor)))
    if (row.revokedAt) return
    const after = toPlatformKey(await updatePlatformKeyRow(tx, actor.organizationId, id, { revokedAt: now }), now)
    await announce(tx, actor, id)
    const before = toPlatformKey(row, now)
    await recordAudit(tx, deps.clock, actor, { action: 'platform-key.revoked', resource: resourceOf(id), before, after })
  })
  deps.platformKeys.forget(id)
}

type Change = (tx: Tx, row: PlatformKeyRow, now: Date) => Promise<PlatformKeyRow>

async function changeKey<T>(
  deps: Deps,
  actor: Actor,
  id: string,
  action: string,
  apply: Change,
  toAnswer: (key: PlatformKey) => T,
): Promise<T> {
  const answer = await writeAs(deps, actor, async (tx) => {
    const now = deps.clock.now()
    const row = present(await lockPlatformKey(tx, id, reachOf(actor)))
    assertHolds(actor, row)
    const before = toPlatformKey(row, now)
    refuseEnded(before)
    const after = toPlatformKey(await apply(tx, row, now), now)
    await announce(tx, actor, id)
    await recordAudit(tx, deps.clock, actor, { action, resource: resourceOf(id), before, after })
    return toAnswer(after)
  })
  deps.platformKeys.forget(id)
  return answer
}

const resourceOf = (id: string) => ({ kind: 'platform-key', id })

const announce = (tx: Tx, { organizationId }: Actor, keyId: string) =>
  recordChange(tx, { organizationId, kind: platformKeyChanged, payload: { keyId } })

function noteShown({ security }: Deps, actor: Actor, id: string): void {
  const { organizationId, kind, name, request } = actor
  security.record({ kind: 'secret_read', organizationId, actor: { kind, id: actor.id, name }, facts: request, resource: resourceOf(id) })
}

function toStoredToken({ keyring }: Deps, token: Secret) {
  const { version, hash } = keyring.hash('pepper', token.reveal())
  return { prefix: showPrefix(token), tokenHash: Uint8Array.from(hash), pepperVersion: version }
}

function present(row: PlatformKeyRow | null): PlatformKeyRow {
  if (!row) throw new AppError('not_found')
  return row
}
