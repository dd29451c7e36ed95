import type pg from 'pg'
import { RootKeyError, type RootKeyProvider, wrapContext } from './kms/root-key'

/** Which root key wraps the keys of this database. */
export interface Instance {
  rootKeyId: string
  rootKeyCheck: Buffer
}

interface InstanceRow {
  root_key_id: string
  root_key_check: Buffer
}

const checkText = Buffer.from('keylease root key check')
const checkContext = wrapContext('instance', 'root_key_check')

/**
 * Who wraps or unwraps a row holds SHARE until the end of its transaction; a rotation holds UPDATE to switch the root key and
 * to retire the old one. So no row appears under a retired key, and none is read under a key that is about to leave.
 */
export async function lockInstance(client: pg.ClientBase, strength: 'SHARE' | 'UPDATE'): Promise<Instance | null> {
  const found = await client.query<InstanceRow>(`SELECT root_key_id, root_key_check FROM instance FOR ${strength}`)
  const row = found.rows[0]
  return row ? { rootKeyId: row.root_key_id, rootKeyCheck: row.root_key_check } : null
}

export async function insertInstance(client: pg.ClientBase, rootKeys: RootKeyProvider, rootKeyId: string): Promise<void> {
  const check = await rootKeys.wrap(checkText, checkContext, rootKeyId)
  await client.query('INSERT INTO instance (root_key_id, root_key_check) VALUES ($1, $2)', [rootKeyId, check])
}

/** Flushed to disk with the commit, whatever the server does by default: the old root key is removed on the strength of it. */
export async function updateInstance(client: pg.ClientBase, rootKeys: RootKeyProvider, rootKeyId: string): Promise<void> {
  const check = await rootKeys.wrap(checkText, checkContext, rootKeyId)
  await client.query('SET LOCAL synchronous_commit = on')
  await client.query('UPDATE instance SET root_key_id = $1, root_key_check = $2', [rootKeyId, check])
}

/** Refuses a root key that is absent or is not the one that wrapped the check value. */
export async function verifyRootKey(rootKeys: RootKeyProvider, instance: Instance): Promise<void> {
  const { rootKeyId, rootKeyCheck } = instance
  if (!(await rootKeys.listIds()).includes(rootKeyId)) {
    throw new RootKeyError(
      `The root key ${rootKeyId} that wraps this database is not in ${rootKeys.place}: put the file back from your backup and start again.`,
    )
  }
  const opened = await rootKeys.unwrap(rootKeyCheck, checkContext, rootKeyId).catch((cause: unknown) => {
    if (cause instanceof RootKeyError) throw cause
    throw new RootKeyError(wrongKeySentence(rootKeys, rootKeyId), { cause })
  })
  if (!opened.equals(checkText)) throw new RootKeyError(wrongKeySentence(rootKeys, rootKeyId))
}

const wrongKeySentence = (rootKeys: RootKeyProvider, rootKeyId: string) =>
  `The root key ${rootKeyId} in ${rootKeys.place} is not the one that wraps this database: put the right file back from your backup and start again.`
