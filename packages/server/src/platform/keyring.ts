import { timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import type { Database } from './db'
import { AppError } from './errors'
import { insertInstance, lockInstance, verifyRootKey } from './instance'
import { keyedHash } from './keyed-hash'
import { RootKeyError, type RootKeyProvider } from './kms/root-key'
import { inTransaction } from './tenancy'
import { findWrappedKeys, insertNewKey, unwrapKey } from './wrapped-keys'

/** What the instance keys are for. A new word here gets its key at the next start. */
export const keyPurposes = ['pepper', 'idempotency', 'session', 'audit', 'fingerprint', 'lease-token'] as const
type KeyPurpose = (typeof keyPurposes)[number]

export interface KeyringKey {
  version: number
  key: Buffer
}

export interface Keyring {
  /** Why the service has no usable root key and what to do; null when it has one. Sealed, every other method throws `sealed`. */
  sealedReason(): string | null
  current(purpose: KeyPurpose): KeyringKey
  /** Every version that still opens what it once made, the current one first. */
  versions(purpose: KeyPurpose): readonly KeyringKey[]
  hash(purpose: KeyPurpose, text: string | Buffer): { version: number; hash: Buffer }
  /** The hash under every version, the current one first: for looking up what may have been stored under any. */
  hashes(purpose: KeyPurpose, text: string | Buffer): Buffer[]
  verify(purpose: KeyPurpose, version: number, text: string | Buffer, hash: Buffer): boolean
}

type Keys = Map<KeyPurpose, KeyringKey[]>

/** Opens the instance keys, makes those that are missing, or says why it cannot. A sealed start writes nothing. */
export async function openKeyring(db: Pick<Database, 'systemPool'>, rootKeys: RootKeyProvider): Promise<Keyring> {
  try {
    return createKeyring(await inTransaction(db.systemPool, (client) => loadKeys(client, rootKeys)))
  } catch (error) {
    if (error instanceof RootKeyError) return createSealedKeyring(error.message)
    throw error
  }
}

/** One starter at a time, across replicas: of several that find an empty database, one makes the keys. */
async function loadKeys(client: pg.ClientBase, rootKeys: RootKeyProvider): Promise<Keys> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('keylease keyring', 0))`)
  const rootKeyId = await prepareInstance(client, rootKeys)
  const present = new Set((await findWrappedKeys(client, 'keyring', keyPurposes)).map(({ owner }) => owner))
  for (const owner of keyPurposes.filter((purpose) => !present.has(purpose))) {
    await insertNewKey(client, rootKeys, 'keyring', { owner, version: 1, rootKeyId })
  }
  const rows = await findWrappedKeys(client, 'keyring', keyPurposes)
  const keys: Keys = new Map()
  for (const purpose of keyPurposes) {
    const ofPurpose = rows.filter(({ owner }) => owner === purpose)
    keys.set(
      purpose,
      await Promise.all(ofPurpose.map(async (row) => ({ version: row.version, key: await unwrapKey(rootKeys, 'keyring', row) }))),
    )
  }
  return keys
}

async function prepareInstance(client: pg.ClientBase, rootKeys: RootKeyProvider): Promise<string> {
  const instance = await lockInstance(client, 'SHARE')
  if (instance) {
    await verifyRootKey(rootKeys, instance)
    return instance.rootKeyId
  }
  const keys = await client.query('SELECT FROM keyring UNION ALL SELECT FROM organization_key LIMIT 1')
  if (keys.rowCount !== 0) {
    throw new RootKeyError(
      'This database holds wrapped keys but no longer says which root key wraps them: restore the table instance from your backup.',
    )
  }
  const rootKeyId = await rootKeys.ensureKey()
  await insertInstance(client, rootKeys, rootKeyId)
  return rootKeyId
}

function createKeyring(keys: Keys): Keyring {
  const hmac = (key: Buffer, text: string | Buffer) => keyedHash(key, typeof text === 'string' ? Buffer.from(text) : text)
  const versions = (purpose: KeyPurpose) => (keys.get(purpose) ?? []).toReversed()
  const current = (purpose: KeyPurpose): KeyringKey => {
    const newest = keys.get(purpose)?.at(-1)
    if (!newest) throw new Error(`The keyring has no key for ${purpose}.`)
    return newest
  }
  return {
    sealedReason: () => null,
    current,
    hash(purpose, text) {
      const { version, key } = current(purpose)
      return { version, hash: hmac(key, text) }
    },
    versions,
    hashes: (purpose, text) => versions(purpose).map(({ key }) => hmac(key, text)),
    verify(purpose, version, text, hash) {
      const found = keys.get(purpose)?.find((key) => key.version === version)
      if (!found) return false
      const expected = hmac(found.key, text)
      return expected.length === hash.length && timingSafeEqual(expected, hash)
    },
  }
}

function createSealedKeyring(reason: string): Keyring {
  const refuse = (): never => {
    throw new AppError('sealed')
  }
  return { sealedReason: () => reason, current: refuse, versions: refuse, hash: refuse, hashes: refuse, verify: refuse }
}
