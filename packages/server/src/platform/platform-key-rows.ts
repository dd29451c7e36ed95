import {
  type Permission,
  permissionsOfRole,
  permissionsOfScopes,
  type Role,
  roles,
  type Scope,
} from '@keylease/shared/contracts/permissions'
import type { Database } from './db'
import { type Reach, reachOfRole } from './reach'
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
  reach: Reach
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
  createdBy: string
  scopes: Scope[]
  addresses: string[]
  isTeamBound: boolean
  teamIds: string[]
}

const columns = `k.organization_id AS "organizationId", k.id, k.name, k.created_by AS "createdBy", k.agent_id AS "agentId", k.scopes, k.addresses,
  k.ceiling_role AS role, k.is_team_bound AS "isTeamBound", k.team_ids AS "teamIds", k.requests_per_minute AS "requestsPerMinute",
  k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt"`

const byHash = `
  SELECT ${columns}, NULL::timestamptz AS "goodUntil", k.token_hash AS "tokenHash", k.pepper_version AS "pepperVersion"
  FROM platform_key k WHERE k.token_hash = $1
  UNION ALL
  SELECT ${columns}, o.good_until, o.token_hash, o.pepper_version
  FROM platform_key_overlap o JOIN platform_key k ON k.organization_id = o.organization_id AND k.id = o.key_id
  WHERE o.token_hash = $1`

/** The key that a token's hash belongs to, in whatever tenant; what became of its agent and its maker is then read as that tenant. */
export async function findStoredKey(db: Pick<Database, 'authPool' | 'appPool'>, tokenHash: Buffer): Promise<StoredKey | null> {
  const found = await db.authPool.query<KeyRow>(byHash, [tokenHash])
  const row = found.rows[0]
  if (!row) return null
  const { scopes, addresses, isTeamBound, teamIds, createdBy, ...rest } = row
  const { isAgentLive, maker } = await readStanding(db, row)
  const role = maker ? lowerOf(row.role, maker.role) : row.role
  return {
    ...rest,
    role,
    isAgentLive,
    permissions: permissionsOfRole(role).intersection(permissionsOfScopes(scopes)),
    reach: isTeamBound ? teamIds : maker ? reachOfRole(maker.role, maker.teamIds) : 'organization',
    networks: toNetworks(addresses),
  }
}

const lowerOf = (one: Role, other: Role): Role => (roles.indexOf(one) > roles.indexOf(other) ? one : other)

interface Standing {
  isAgentLive: boolean
  /** The member that the key goes back to, as they are now or were when they left; null where no member made it. */
  maker: { role: Role; teamIds: string[] } | null
}

/** A key that another key made goes back to whoever made that one. */
const standing = `
  WITH RECURSIVE maker (id) AS (
    SELECT $2::text UNION SELECT made.created_by FROM platform_key made JOIN maker ON made.id = maker.id
  )
  SELECT $1::text IS NULL OR EXISTS (
      SELECT FROM agent a JOIN project p ON p.organization_id = a.organization_id AND p.id = a.project_id
      WHERE a.id = $1 AND a.enabled AND a.deleted_at IS NULL AND p.deleted_at IS NULL) AS "isAgentLive",
    (SELECT jsonb_build_object('role', role, 'teamIds', ARRAY(SELECT team_id FROM team_member WHERE member_id = member.id))
     FROM member WHERE id IN (SELECT id FROM maker)) AS maker`

async function readStanding({ appPool }: Pick<Database, 'appPool'>, key: KeyRow): Promise<Standing> {
  const found = await inTenantSql(appPool, key.organizationId, (client) => client.query<Standing>(standing, [key.agentId, key.createdBy]))
  return found.rows[0] ?? { isAgentLive: false, maker: null }
}
