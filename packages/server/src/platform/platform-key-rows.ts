import { type Permission, permissionsOfRole, permissionsOfScopes, type Role, type Scope } from '@keylease/shared/contracts/permissions'
import type { Database } from './db'
import type { Network } from './request/address'
import { toNetworks } from './request/networks'
import { inTenantSql } from './tenancy'

/** What a request needs to know of the key that it shows. */
export interface StoredKey {
  organizationId: string
  id: string
  name: string
  agentId: string | null
  isAgentLive: boolean
  role: Role
  permissions: ReadonlySet<Permission>
  reach: 'organization' | readonly string[]
  networks: readonly Network[]
  requestsPerMinute: number | null
  expiresAt: Date | null
  revokedAt: Date | null
  /** Set where the token is one that the key had before it was regenerated. */
  goodUntil: Date | null
  tokenHash: Buffer
  pepperVersion: number
}

interface KeyRow extends Omit<StoredKey, 'isAgentLive' | 'permissions' | 'reach' | 'networks'> {
  scopes: Scope[]
  addresses: string[]
  isTeamBound: boolean
  teamIds: string[]
}

const columns = `k.organization_id AS "organizationId", k.id, k.name, k.agent_id AS "agentId", k.scopes, k.addresses,
  k.ceiling_role AS role, k.is_team_bound AS "isTeamBound", k.team_ids AS "teamIds", k.requests_per_minute AS "requestsPerMinute",
  k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt"`

const byHash = `
  SELECT ${columns}, NULL::timestamptz AS "goodUntil", k.token_hash AS "tokenHash", k.pepper_version AS "pepperVersion"
  FROM platform_key k WHERE k.token_hash = $1
  UNION ALL
  SELECT ${columns}, o.good_until, o.token_hash, o.pepper_version
  FROM platform_key_overlap o JOIN platform_key k ON k.organization_id = o.organization_id AND k.id = o.key_id
  WHERE o.token_hash = $1`

/** The key that a token's hash belongs to, in whatever tenant; its agent is then read as that tenant. */
export async function findStoredKey(db: Pick<Database, 'authPool' | 'appPool'>, tokenHash: Buffer): Promise<StoredKey | null> {
  const found = await db.authPool.query<KeyRow>(byHash, [tokenHash])
  const row = found.rows[0]
  if (!row) return null
  const isAgentLive = row.agentId === null || (await readAgentLife(db, row.organizationId, row.agentId))
  const { scopes, addresses, isTeamBound, teamIds, ...rest } = row
  return {
    ...rest,
    isAgentLive,
    permissions: permissionsOfRole(row.role).intersection(permissionsOfScopes(scopes)),
    reach: isTeamBound ? teamIds : 'organization',
    networks: toNetworks(addresses),
  }
}

async function readAgentLife({ appPool }: Pick<Database, 'appPool'>, organizationId: string, agentId: string): Promise<boolean> {
  const found = await inTenantSql(appPool, organizationId, (client) =>
    client.query(
      `SELECT FROM agent a JOIN project p ON p.organization_id = a.organization_id AND p.id = a.project_id
       WHERE a.id = $1 AND a.enabled AND a.deleted_at IS NULL AND p.deleted_at IS NULL`,
      [agentId],
    ),
  )
  return found.rowCount === 1
}
