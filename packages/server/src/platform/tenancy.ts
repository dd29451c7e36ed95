/**
 * The class of every table, checked against the catalog by a test:
 * tenant = row security forced, led by organization_id; membership = the request's organization or user;
 * person = keylease_auth alone; global = no tenant, rights by role.
 */
export const tableClasses = {
  organization: 'tenant',
  project: 'tenant',
  audit_entry: 'tenant',
  audit_personal: 'tenant',
  idempotency: 'tenant',
  change: 'tenant',
  organization_key: 'tenant',
  instance: 'global',
  keyring: 'global',
  bootstrap_credential: 'global',
  replica: 'global',
  _prisma_migrations: 'global',
  keylease_release: 'global',
} as const satisfies Record<string, TableClass>

export type TableClass = 'tenant' | 'membership' | 'person' | 'global'

/** Where a role may look across tenants, and why. The catalog test finds no other. */
export const globalLookups = [
  { table: 'organization', role: 'keylease_system', reason: 'lists the tenants that background work visits one by one' },
  { table: 'change', role: 'keylease_system', reason: 'one feed tells a replica what changed anywhere' },
  { table: 'organization_key', role: 'keylease_system', reason: 'a new root key re-wraps the key of every organization' },
] as const
