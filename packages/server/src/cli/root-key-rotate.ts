import type pg from 'pg'
import { StartError } from '../env'
import type { Database } from '../platform/db'
import { lockInstance, updateInstance, verifyRootKey } from '../platform/instance'
import type { RootKeyProvider } from '../platform/kms/root-key'
import type { Log } from '../platform/log'
import { inTransaction } from '../platform/tenancy'
import { contextOf, findKeysUnderOtherRoot, unwrapKey, updateWrappedKey, type WrappedTable } from '../platform/wrapped-keys'

export interface RotationResult {
  rootKeyId: string
  rewrappedKeys: number
  /** True when this run finished one that was cut off before it. */
  isResumed: boolean
}

interface Rotation {
  pool: pg.Pool
  rootKeys: RootKeyProvider
  rootKeyId: string
  afterStep: (step: string) => Promise<void>
}

type RotationDatabase = Pick<Database, 'systemPool' | 'connectDirect'>

const tables: readonly WrappedTable[] = ['keyring', 'organization_key']
const batchRows = 100

/** A new root key for the same keys: re-wrapped, never re-encrypted, while the service runs. Cut off anywhere, the next run ends it. */
export async function rotateRootKey(
  db: RotationDatabase,
  rootKeys: RootKeyProvider,
  log: Pick<Log, 'info'>,
  { afterStep = async () => undefined }: { afterStep?: Rotation['afterStep'] } = {},
): Promise<RotationResult> {
  const lock = await db.connectDirect()
  try {
    await takeRotationLock(lock)
    const { rootKeyId, isResumed } = await chooseRootKey(db.systemPool, rootKeys)
    const rotation: Rotation = { pool: db.systemPool, rootKeys, rootKeyId, afterStep }
    log.info({ rootKeyId, isResumed }, isResumed ? 'an unfinished rotation of the root key goes on' : 'a new root key was made')
    await afterStep('chosen')
    await switchInstance(rotation)
    await afterStep('switched')
    const rewrappedKeys = await rewrapKeys(rotation)
    await confirmRewrapped(rotation)
    await afterStep('confirmed')
    await removeOldKeys(rotation)
    await afterStep('removed')
    log.info({ rootKeyId, rewrappedKeys }, 'the root key was rotated and the old one removed')
    return { rootKeyId, rewrappedKeys, isResumed }
  } finally {
    await lock.end()
  }
}

async function takeRotationLock(lock: pg.Client): Promise<void> {
  const taken = await lock.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_lock(hashtextextended('keylease root-key rotate', 0)) AS taken`,
  )
  if (!taken.rows[0]?.taken) throw new StartError('The root key is being rotated by another command: wait until that one ends.')
}

/** More than one root key means that a rotation was cut off: it is ended with the key that it made. */
async function chooseRootKey(pool: pg.Pool, rootKeys: RootKeyProvider): Promise<{ rootKeyId: string; isResumed: boolean }> {
  const instance = await inTransaction(pool, (client) => lockInstance(client, 'SHARE'))
  if (!instance) throw new StartError('This database holds no keys yet: start Keylease once before you rotate its root key.')
  await verifyRootKey(rootKeys, instance)
  const isResumed = (await rootKeys.listIds()).length > 1
  return { rootKeyId: isResumed ? await rootKeys.ensureKey() : await rootKeys.addKey(), isResumed }
}

async function switchInstance({ pool, rootKeys, rootKeyId }: Rotation): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockInstance(client, 'UPDATE')
    await updateInstance(client, rootKeys, rootKeyId)
  })
}

async function rewrapKeys({ pool, rootKeys, rootKeyId, afterStep }: Rotation): Promise<number> {
  let rewrapped = 0
  for (const table of tables) {
    for (;;) {
      const batch = await findKeysUnderOtherRoot(pool, table, rootKeyId, batchRows)
      if (batch.length === 0) break
      for (const key of batch) {
        const plaintext = await unwrapKey(rootKeys, table, key)
        const wrapped = await rootKeys.wrap(plaintext, contextOf(table, key), rootKeyId).finally(() => plaintext.fill(0))
        if (await updateWrappedKey(pool, table, key, { ...key, wrapped, rootKeyId })) rewrapped++
        await afterStep(`re-wrapped ${table} ${key.owner} ${key.version}`)
      }
    }
  }
  return rewrapped
}

/** A last durable write: once it is on disk so is every re-wrapped row before it, even where the server commits lazily. */
async function confirmRewrapped({ pool, rootKeys, rootKeyId }: Rotation): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockInstance(client, 'UPDATE')
    await assertNoneLeft(client, rootKeyId)
    await updateInstance(client, rootKeys, rootKeyId)
  })
}

/** Under the lock, so that nobody has read a row under the old key and not yet unwrapped it. */
async function removeOldKeys({ pool, rootKeys, rootKeyId }: Rotation): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockInstance(client, 'UPDATE')
    await assertNoneLeft(client, rootKeyId)
    for (const id of await rootKeys.listIds()) {
      if (id !== rootKeyId) await rootKeys.removeKey(id)
    }
  })
}

async function assertNoneLeft(client: pg.ClientBase, rootKeyId: string): Promise<void> {
  for (const table of tables) {
    const left = await findKeysUnderOtherRoot(client, table, rootKeyId, 1)
    if (left.length > 0) throw new StartError('A key came back under the old root key, which was kept: run the command again.')
  }
}
