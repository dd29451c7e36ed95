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

/** The one permission table: server checks, OpenAPI and the dashboard read it, and nothing else decides. */
export const permissionTable = {
  'projects.read': { roles: everyone, scope: 'read', description: 'See projects' },
  'projects.write': { roles: managers, scope: 'write', description: 'Create, change and delete projects' },
  'metrics.read': { roles: ['owner', 'admin'], scope: 'read', description: 'Read the metrics of the service' },
} as const satisfies Record<string, PermissionRule>

export type Permission = keyof typeof permissionTable
export const permissions = Object.keys(permissionTable) as readonly Permission[]

/** A scope holds the ones below it: admin ⊃ write ⊃ read. */
const scopeHolds: Record<Scope, readonly Scope[]> = {
  read: ['read'],
  write: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
  lease: ['lease'],
  ingest: ['ingest'],
}

export function permissionsOfRole(role: Role): ReadonlySet<Permission> {
  return new Set(permissions.filter((permission) => (permissionTable[permission].roles as readonly Role[]).includes(role)))
}

export function permissionsOfScopes(granted: readonly Scope[]): ReadonlySet<Permission> {
  const held = new Set(granted.flatMap((scope) => scopeHolds[scope]))
  return new Set(permissions.filter((permission) => held.has(permissionTable[permission].scope)))
}
