export const roles = ['owner', 'admin', 'manager', 'user', 'viewer'] as const
export type Role = (typeof roles)[number]

export const scopes = ['read', 'write', 'admin', 'lease', 'ingest'] as const
export type Scope = (typeof scopes)[number]

interface PermissionRule {
  roles: readonly Role[]
  scope: Scope
  description: string
}

const everyone = roles
const managers = ['owner', 'admin', 'manager'] as const
const admins = ['owner', 'admin'] as const

/** The one permission table: server checks, OpenAPI and the dashboard read it, and nothing else decides. */
export const permissionTable = {
  'account.read': { roles: everyone, scope: 'admin', description: 'See how one signs in: session, factors, passkeys' },
  'account.write': { roles: everyone, scope: 'admin', description: 'Change how one signs in: password, factors, passkeys' },
  'settings.read': { roles: everyone, scope: 'read', description: 'See the settings of the organization' },
  'settings.write': { roles: admins, scope: 'admin', description: 'Change the settings of the organization' },
  'members.read': { roles: everyone, scope: 'read', description: 'See members, teams and roles' },
  'members.write': { roles: admins, scope: 'admin', description: 'Invite, change and remove members' },
  'teams.write': { roles: admins, scope: 'admin', description: 'Create, change and delete teams' },
  'sessions.read': { roles: everyone, scope: 'admin', description: 'See sessions' },
  'sessions.write': { roles: everyone, scope: 'admin', description: 'End sessions' },
  'projects.read': { roles: everyone, scope: 'read', description: 'See projects' },
  'projects.write': { roles: managers, scope: 'write', description: 'Create, change and delete projects' },
  'agents.read': { roles: everyone, scope: 'read', description: 'See agents and their trust rules' },
  'agents.write': { roles: managers, scope: 'write', description: 'Create, change and delete agents and their trust rules' },
  'grants.read': { roles: everyone, scope: 'read', description: 'See who may use which provider key' },
  'grants.write': { roles: managers, scope: 'write', description: 'Decide who may use which provider key' },
  'platform-keys.read': { roles: everyone, scope: 'read', description: 'See the keys that Keylease issued' },
  'platform-keys.write': { roles: managers, scope: 'admin', description: 'Create, regenerate and revoke the keys that Keylease issues' },
  'providers.read': { roles: everyone, scope: 'read', description: 'See providers' },
  'providers.write': { roles: admins, scope: 'write', description: 'Define providers' },
  'provider-keys.read': { roles: everyone, scope: 'read', description: 'See provider keys, masked' },
  'provider-keys.write': { roles: managers, scope: 'write', description: 'Store, change, rotate, verify, revoke and delete provider keys' },
  'provider-keys.reveal': { roles: admins, scope: 'admin', description: 'See the secret of a provider key' },
  'prices.read': { roles: everyone, scope: 'read', description: 'See prices and compare models' },
  'prices.write': { roles: admins, scope: 'write', description: 'Agree prices and discounts of the organization' },
  'audit.read': { roles: admins, scope: 'admin', description: 'Read the audit trail and security events' },
  'audit.export': { roles: admins, scope: 'admin', description: 'Export the audit trail' },
  'webhooks.read': { roles: admins, scope: 'read', description: 'See webhooks and their deliveries' },
  'webhooks.write': { roles: admins, scope: 'admin', description: 'Create, change, test and delete webhooks' },
  'leases.take': { roles: everyone, scope: 'lease', description: 'Lease provider keys as an agent' },
  'leases.read': { roles: everyone, scope: 'read', description: 'See who holds which lease' },
  'leases.revoke': { roles: managers, scope: 'write', description: 'Revoke leases' },
  'usage.read': { roles: everyone, scope: 'read', description: 'See what was used and what it cost' },
  'usage.ingest': { roles: admins, scope: 'ingest', description: 'Report what was used' },
  'attribution.read': { roles: admins, scope: 'read', description: 'See whose the calls are that collectors report' },
  'attribution.write': { roles: admins, scope: 'write', description: 'Decide whose the calls are that collectors report' },
  'metrics.read': { roles: admins, scope: 'read', description: 'Read the metrics of the service' },
} as const satisfies Record<string, PermissionRule>

export type Permission = keyof typeof permissionTable
export const permissions = Object.keys(permissionTable) as readonly Permission[]

/** A scope holds the ones below it: admin ⊃ write ⊃ read; who may lease reports what the lease was used for. */
const scopeHolds: Record<Scope, readonly Scope[]> = {
  read: ['read'],
  write: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
  lease: ['lease', 'ingest'],
  ingest: ['ingest'],
}

export function permissionsOfRole(role: Role): ReadonlySet<Permission> {
  return new Set(permissions.filter((permission) => (permissionTable[permission].roles as readonly Role[]).includes(role)))
}

export function permissionsOfScopes(granted: readonly Scope[]): ReadonlySet<Permission> {
  const held = new Set(granted.flatMap((scope) => scopeHolds[scope]))
  return new Set(permissions.filter((permission) => held.has(permissionTable[permission].scope)))
}
