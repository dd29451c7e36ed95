import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Database } from './db'
import { AppError } from './errors'
import { lockInstance } from './instance'
import type { RootKeyProvider } from './kms/root-key'
import { inTenantSql } from './tenancy'
import { findWrappedKeys, insertNewKey, unwrapKey } from './wrapped-keys'

interface OrganizationKey {
  version: number
  key: KeyObject
}

export interface OrganizationKeys {
  create(organizationId: string): Promise<void>
  /** The newest version, or the one asked for. */
  get(organizationId: string, version?: number): Promise<OrganizationKey>
}

const maximumCached = 10_000

/** The keys of organizations, unwrapped on first use and kept for the organizations used last. */
export function createOrganizationKeys(db: Pick<Database, 'systemPool'>, rootKeys: RootKeyProvider): OrganizationKeys {
  const cached = new Map<string, Promise<OrganizationKey[]>>()

  const load = (organizationId: string): Promise<OrganizationKey[]> => {
    const loading = loadKeys(db, rootKeys, organizationId)
    const forget = () => {
      if (cached.get(organizationId) === loading) cached.delete(organizationId)
    }
    cached.set(organizationId, loading)
    loading.then((keys) => {
      if (keys.length === 0) forget()
    }, forget)
    return loading
  }
  const use = (organizationId: string): Promise<OrganizationKey[]> => {
    const keys = cached.get(organizationId) ?? load(organizationId)
    // Set again, so that the first entry is always the one used longest ago.
    cached.delete(organizationId)
    cached.set(organizationId, keys)
    for (const oldest of cached.keys()) {
      if (cached.size <= maximumCached) break
      cached.delete(oldest)
    }
    return keys
  }

  return {
    create: (organizationId) => createKey(db, rootKeys, organizationId),
    async get(organizationId, version) {
      const key = pickVersion(await use(organizationId), version) ?? pickVersion(await load(organizationId), version)
      if (!key) throw new AppError('internal', { cause: new Error(`The organization has no key of version ${version ?? 'current'}.`) })
      return key
    },
  }
}

const pickVersion = (keys: readonly OrganizationKey[], version: number | undefined) =>
  version === undefined ? keys.at(-1) : keys.find((key) => key.version === version)

async function loadKeys(db: Pick<Database, 'systemPool'>, rootKeys: RootKeyProvider, organizationId: string): Promise<OrganizationKey[]> {
  return inTenantSql(db.systemPool, organizationId, async (client) => {
    await lockInstance(client, 'SHARE')
    const rows = await findWrappedKeys(client, 'organization_key', [organizationId])
    return Promise.all(
      rows.map(async (row) => {
        const plaintext = await unwrapKey(rootKeys, 'organization_key', row)
        const key = createSecretKey(plaintext)
        plaintext.fill(0)
        return { version: row.version, key }
      }),
    )
  })
}

async function createKey(db: Pick<Database, 'systemPool'>, rootKeys: RootKeyProvider, organizationId: string): Promise<void> {
  await inTenantSql(db.systemPool, organizationId, async (client) => {
    if ((await findWrappedKeys(client, 'organization_key', [organizationId])).length > 0) return
    const instance = await lockInstance(client, 'SHARE')
    if (!instance) throw new Error('The instance has no root key yet.')
    await insertNewKey(client, rootKeys, 'organization_key', { owner: organizationId, version: 1, rootKeyId: instance.rootKeyId })
  })
}
