import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { withLock } from '../../platform/postgres/lock'
import { inTenantSql } from '../../platform/tenancy'
import { findFirstOrganization, findOrganizationName, insertOrganization } from './queries'

type Room = Pick<Deps, 'db' | 'cipher'>

/** A tenant is its row and its key; without the key it can hold no secret, so both are made here and nowhere else. */
export async function createOrganization(deps: Room, name: string): Promise<string> {
  const id = newId('organization')
  await inTenantSql(deps.db.systemPool, id, (client) => insertOrganization(client, id, name))
  await deps.cipher.createOrganizationKey(id)
  return id
}

/** The first organization, made at the first start. A start that died between row and key is completed by the next. */
export async function ensureFirstOrganization(deps: Room): Promise<string> {
  const id = await withLock(deps.db.systemPool, 'first-organization', async () => {
    const existing = await findFirstOrganization(deps.db.systemPool)
    return existing ?? createOrganization(deps, 'Default')
  })
  await deps.cipher.createOrganizationKey(id)
  return id
}

export async function getOrganizationName(deps: Pick<Deps, 'db'>, id: string): Promise<string> {
  return (await inTenantSql(deps.db.appPool, id, (client) => findOrganizationName(client, id))) ?? ''
}
