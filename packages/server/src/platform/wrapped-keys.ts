import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { keyBytes } from './envelope'
import { RootKeyError, type RootKeyProvider, wrapContext } from './kms/root-key'

/** The tables whose rows the root key wraps, and the column that names the owner of a key. */
const wrappedTables = { keyring: 'purpose', organization_key: 'organization_id' } as const
export type WrappedTable = keyof typeof wrappedTables

export interface WrappedKey {
  owner: string
  version: number
  wrapped: Buffer
  rootKeyId: string
}

interface WrappedKeyRow {
  owner: string
  version: number
  wrapped: Buffer
  root_key_id: string
}

export const contextOf = (table: WrappedTable, key: Pick<WrappedKey, 'owner' | 'version'>): string =>
  wrapContext(table, key.owner, key.version)

export async function findWrappedKeys(client: pg.ClientBase, table: WrappedTable, owners: readonly string[]): Promise<WrappedKey[]> {
  const found = await client.query<WrappedKeyRow>(
    `SELECT ${wrappedTables[table]} AS owner, version, wrapped, root_key_id FROM ${table} WHERE ${wrappedTables[table]} = ANY($1) ORDER BY 1, 2`,
    [owners],
  )
  return found.rows.map(toWrappedKey)
}

export async function findKeysUnderOtherRoot(
  client: pg.ClientBase | pg.Pool,
  table: WrappedTable,
  rootKeyId: string,
  limit: number,
): Promise<WrappedKey[]> {
  const found = await client.query<WrappedKeyRow>(
    `SELECT ${wrappedTables[table]} AS owner, version, wrapped, root_key_id FROM ${table} WHERE root_key_id <> $1 ORDER BY 1, 2 LIMIT $2`,
    [rootKeyId, limit],
  )
  return found.rows.map(toWrappedKey)
}

/** A fresh random key in a row of its own. Of two that add the same one, the first wins. */
export async function insertNewKey(
  client: pg.ClientBase,
  rootKeys: RootKeyProvider,
  table: WrappedTable,
  key: Omit<WrappedKey, 'wrapped'>,
): Promise<void> {
  const plaintext = randomBytes(keyBytes)
  try {
    const wrapped = await rootKeys.wrap(plaintext, contextOf(table, key), key.rootKeyId)
    await client.query(
      `INSERT INTO ${table} (${wrappedTables[table]}, version, wrapped, root_key_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [key.owner, key.version, wrapped, key.rootKeyId],
    )
  } finally {
    plaintext.fill(0)
  }
}

/** False when the row has changed since it was read. */
export async function updateWrappedKey(pool: pg.Pool, table: WrappedTable, read: WrappedKey, next: WrappedKey): Promise<boolean> {
  const updated = await pool.query(
    `UPDATE ${table} SET wrapped = $1, root_key_id = $2 WHERE ${wrappedTables[table]} = $3 AND version = $4 AND root_key_id = $5 AND wrapped = $6`,
    [next.wrapped, next.rootKeyId, read.owner, read.version, read.rootKeyId, read.wrapped],
  )
  return updated.rowCount === 1
}

export async function unwrapKey(rootKeys: RootKeyProvider, table: WrappedTable, key: WrappedKey): Promise<Buffer> {
  try {
    return await rootKeys.unwrap(key.wrapped, contextOf(table, key), key.rootKeyId)
  } catch (cause) {
    if (cause instanceof RootKeyError) throw cause
    throw new RootKeyError(
      `The key ${key.owner} version ${key.version} in the table ${table} does not open with root key ${key.rootKeyId}: restore that row from your backup.`,
      { cause },
    )
  }
}

const toWrappedKey = (row: WrappedKeyRow): WrappedKey => ({
  owner: row.owner,
  version: row.version,
  wrapped: row.wrapped,
  rootKeyId: row.root_key_id,
})
