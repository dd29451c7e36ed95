import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@keylease/shared/ids'
import pg from 'pg'
import { inject } from 'vitest'
import { type Cipher, createCipher } from '../src/platform/cipher'
import { type Keyring, openKeyring } from '../src/platform/keyring'
import { createLocalRootKeys } from '../src/platform/kms/local'
import type { RootKeyProvider } from '../src/platform/kms/root-key'
import { readDatabaseName, withDatabase } from '../src/platform/postgres/url'
import { inTenantSql } from '../src/platform/tenancy'
import { createTestDatabase, type TestDatabase } from './database'

/** The encrypting half of a service: what one process holds in memory. */
export interface VaultService {
  rootKeys: RootKeyProvider
  keyring: Keyring
  cipher: Cipher
}

export interface Vault {
  database: TestDatabase
  file: string
  /** A process that starts now: nothing unwrapped, nothing cached. */
  openService(file?: string): Promise<VaultService>
  insertOrganization(): Promise<string>
  createOrganization(service: VaultService): Promise<string>
  readRootKeys(): { current: string; keys: Record<string, string> }
  dumpTables(): Promise<string>
  close(): Promise<void>
}

/** A migrated database and a place for its root key file. */
export async function createVault(): Promise<Vault> {
  const database = await createTestDatabase()
  const directory = await mkdtemp(join(tmpdir(), 'keylease-vault-'))
  const file = join(directory, 'root.key')
  const insertOrganization = async () => {
    const id = newId('organization')
    await inTenantSql(database.db.systemPool, id, (client) =>
      client.query(`INSERT INTO organization (id, name) VALUES ($1, 'A tenant')`, [id]),
    )
    return id
  }
  return {
    database,
    file,
    async openService(place = file) {
      const rootKeys = createLocalRootKeys(place)
      const keyring = await openKeyring(database.db, rootKeys)
      return { rootKeys, keyring, cipher: createCipher(database.db, rootKeys, keyring) }
    },
    insertOrganization,
    async createOrganization({ cipher }) {
      const id = await insertOrganization()
      await cipher.createOrganizationKey(id)
      return id
    },
    readRootKeys: () => JSON.parse(readFileSync(file, 'utf8')),
    dumpTables: () => dumpTables(database.urls.owner),
    async close() {
      await database.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Every row of every table as the superuser sees it, with the transaction that wrote it. */
async function dumpTables(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: withDatabase(inject('superuserUrl'), readDatabaseName(url)) })
  await client.connect()
  try {
    const tables = await client.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
    const lines: string[] = []
    for (const { name } of tables.rows) {
      const rows = await client.query<{ row: string }>(`SELECT t.xmin || ' ' || to_jsonb(t)::text AS row FROM "${name}" t ORDER BY 1`)
      lines.push(name, ...rows.rows.map(({ row }) => row))
    }
    return lines.join('\n')
  } finally {
    await client.end()
  }
}
