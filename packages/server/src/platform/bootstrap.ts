import { permissionsOfRole } from '@keylease/shared/contracts/permissions'
import type { Secret } from '@keylease/shared/secret'
import type { Authenticator, Principal } from './auth'
import type { Database } from './db'
import { type Events, recordChangeSql } from './events'
import type { Keyring } from './keyring'
import { inTenantSql } from './tenancy'

interface BootstrapRow {
  organization_id: string
  token_hash: Buffer
  pepper_version: number
}

const changed = 'bootstrap.changed'

/** At every start the variable replaces the earlier token, and its absence deletes it, on every replica within a second. */
export async function saveBootstrapToken(db: Database, keyring: Keyring, organizationId: string, token: Secret | undefined): Promise<void> {
  await inTenantSql(db.systemPool, organizationId, async (client) => {
    await client.query('DELETE FROM bootstrap_credential')
    if (token) {
      const { hash, version } = keyring.hash('pepper', token.reveal())
      await client.query('INSERT INTO bootstrap_credential (organization_id, token_hash, pepper_version) VALUES ($1, $2, $3)', [
        organizationId,
        hash,
        version,
      ])
    }
    await recordChangeSql(client, { organizationId, kind: changed })
  })
}

/** The bootstrap credential acts with the permissions of an Owner; what asks for a person is not among them. */
export function createBootstrapAuthenticator(db: Database, keyring: Keyring, events: Events): Authenticator {
  let row: Promise<BootstrapRow | undefined> | undefined
  const forget = () => {
    row = undefined
  }
  events.on(changed, forget)
  events.on('reload', forget)

  const load = async () => {
    const found = await db.authPool.query<BootstrapRow>('SELECT organization_id, token_hash, pepper_version FROM bootstrap_credential')
    return found.rows[0]
  }

  return {
    async authenticate({ bearer }) {
      if (!bearer) return null
      row ??= load().catch((error: unknown) => {
        forget()
        throw error
      })
      const stored = await row
      if (!stored || !keyring.verify('pepper', stored.pepper_version, bearer.reveal(), stored.token_hash)) return null
      return toPrincipal(stored)
    },
  }
}

const toPrincipal = (row: BootstrapRow): Principal => ({
  kind: 'bootstrap',
  id: 'bootstrap',
  name: 'bootstrap',
  organizationId: row.organization_id,
  permissions: permissionsOfRole('owner'),
  reach: 'organization',
  role: 'owner',
})
