import { type Deps, rootKeyFileOf } from '../src/deps'
import { createLocalRootKeys } from '../src/platform/kms/local'
import { inTransaction } from '../src/platform/tenancy'
import { insertNewKey } from '../src/platform/wrapped-keys'

/** A newer version of every instance key, as a rotation would leave it: who starts from here on uses it. */
export async function addKeyVersions({ env, db }: Deps): Promise<void> {
  const rootKeys = createLocalRootKeys(rootKeyFileOf(env))
  await inTransaction(db.systemPool, async (client) => {
    const found = await client.query<{ owner: string; version: number; rootKeyId: string }>(
      'SELECT purpose AS owner, max(version) + 1 AS version, max(root_key_id) AS "rootKeyId" FROM keyring GROUP BY purpose',
    )
    for (const key of found.rows) await insertNewKey(client, rootKeys, 'keyring', key)
  })
}
