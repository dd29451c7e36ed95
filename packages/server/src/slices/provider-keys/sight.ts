import type { Provider } from '@keylease/shared/providers/provider'
import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { absentField } from '../../platform/reach'
import type { Tx } from '../../platform/tenancy'
import { listManagedKeyIds, listVisibleKeyIds } from '../grants/service'
import { findProviderFacts } from '../providers/service'
import { findKey, type KeyRow, lockKey } from './queries'

export const restorableMs = 30 * 86_400_000

/** The key, if the actor sees it; a deleted one while it can be restored. */
export async function seeKey(deps: Deps, tx: Tx, actor: Actor, id: string): Promise<KeyRow> {
  const row = await findKey(tx, id)
  const visible = await listVisibleKeyIds(tx, actor)
  if (!row || !isThere(deps, row) || !holds(visible, id)) throw new AppError('not_found')
  return row
}

/** The key, locked, if the actor may change it. One that they only see is forbidden, not absent. */
export async function lockManagedKey(
  deps: Deps,
  tx: Tx,
  actor: Actor,
  id: string,
  deleted: 'live' | 'deleted-too' = 'live',
): Promise<KeyRow> {
  const row = await lockKey(tx, id)
  const isLocked = row && isThere(deps, row) && (deleted === 'deleted-too' || row.deletedAt === null)
  if (!isLocked || !holds(await listVisibleKeyIds(tx, actor), id)) throw new AppError('not_found')
  if (holds(await listManagedKeyIds(tx, actor), id)) return row
  throw new AppError('forbidden', {
    message: 'This credential sees this key and does not manage it. Ask an Admin for a grant of level manage.',
  })
}

export function refuseRevoked(row: KeyRow): void {
  if (row.status !== 'revoked') return
  throw new AppError('key_not_usable', { message: 'This key is revoked for good. Store its new value as a new key.' })
}

export async function requireProvider(tx: Tx, id: string): Promise<Provider> {
  const provider = await findProviderFacts(tx, id)
  if (!provider) throw absentField('provider')
  return provider
}

function isThere(deps: Deps, { deletedAt, versions }: KeyRow): boolean {
  if (deletedAt === null) return true
  return deletedAt.getTime() > deps.clock.now().getTime() - restorableMs && versions[0]?.state !== 'destroyed'
}

const holds = (ids: readonly string[] | null, id: string) => ids === null || ids.includes(id)
