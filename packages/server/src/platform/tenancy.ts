import { isId } from '@keylease/shared/ids'
import type pg from 'pg'
import type { Prisma } from '../generated/prisma/client'
import type { Database } from './db'

export { isLockTimeout } from './postgres/sql-state'

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
  team: 'tenant',
  member: 'tenant',
  team_member: 'tenant',
  invitation: 'tenant',
  agent: 'tenant',
  provider_key: 'tenant',
  key_version: 'tenant',
  grant: 'tenant',
  trust_rule: 'tenant',
  provider: 'tenant',
  probe: 'tenant',
  key_health: 'tenant',
  key_notice: 'tenant',
  provider_traffic: 'tenant',
  provider_status: 'tenant',
  platform_key: 'tenant',
  platform_key_overlap: 'tenant',
  platform_key_usage: 'tenant',
  outbox_event: 'tenant',
  webhook: 'tenant',
  webhook_delivery: 'tenant',
  audit_pending: 'tenant',
  audit_checkpoint: 'tenant',
  audit_leaf: 'tenant',
  security_event: 'tenant',
  attribution_rule: 'tenant',
  usage_trace: 'tenant',
  usage_identity: 'tenant',
  usage_event: 'tenant',
  usage_calendar: 'tenant',
  usage_day: 'tenant',
  usage_quarter: 'tenant',
  usage_hour: 'tenant',
  usage_month: 'tenant',
  usage_sheet: 'tenant',
  token_ratio: 'tenant',
  re_pricing: 'tenant',
  policy_version: 'tenant',
  lease: 'tenant',
  slice: 'tenant',
  revocation: 'tenant',
  revocation_ack: 'tenant',
  event_client: 'tenant',
  lease_tally: 'tenant',
  lease_task: 'tenant',
  price_override: 'tenant',
  user: 'person',
  session: 'person',
  account: 'person',
  verification: 'person',
  two_factor: 'person',
  passkey: 'person',
  totp_use: 'person',
  lockout: 'person',
  step_up: 'person',
  owner_link: 'person',
  instance: 'global',
  keyring: 'global',
  bootstrap_credential: 'global',
  replica: 'global',
  price: 'global',
  price_import: 'global',
  _prisma_migrations: 'global',
  keylease_release: 'global',
} as const satisfies Record<string, TableClass>

export type TableClass = 'tenant' | 'membership' | 'person' | 'global'

/** Where a role may look across tenants, by which policy, and why. The catalog test finds no other. */
export const globalLookups = [
  {
    table: 'organization',
    role: 'keylease_system',
    policy: 'directory',
    reason: 'lists the tenants that background work visits one by one',
  },
  { table: 'change', role: 'keylease_system', policy: 'feed', reason: 'one feed tells a replica what changed anywhere' },
  { table: 'organization_key', role: 'keylease_system', policy: 'rewrap', reason: 'a new root key re-wraps the key of every organization' },
  { table: 'outbox_event', role: 'keylease_system', policy: 'waiting', reason: 'one look finds the tenants that have events to hand out' },
  { table: 'webhook_delivery', role: 'keylease_system', policy: 'pending', reason: 'one look finds the tenants that have deliveries due' },
  {
    table: 'audit_pending',
    role: 'keylease_system',
    policy: 'waiting',
    reason: 'one look finds the tenants whose entries wait for a leaf',
  },
  {
    table: 'audit_checkpoint',
    role: 'keylease_system',
    policy: 'waiting',
    reason: 'one look finds the tenants whose checkpoints wait for an anchor',
  },
  { table: 're_pricing', role: 'keylease_system', policy: 'waiting', reason: 'one look finds the tenants whose re-pricing waits' },
  {
    table: 'usage_calendar',
    role: 'keylease_system',
    policy: 'moved',
    reason: 'one look finds the tenants whose days have to begin in another zone or to be laid out',
  },
  { table: 'key_health', role: 'keylease_system', policy: 'due', reason: 'one look finds the tenants that have keys to check' },
  { table: 'revocation', role: 'keylease_system', policy: 'feed', reason: 'each process knows what is revoked anywhere' },
  { table: 'member', role: 'keylease_auth', policy: 'own_membership', reason: 'sign-in finds the organizations of the person' },
  { table: 'team_member', role: 'keylease_auth', policy: 'own_teams', reason: 'a session knows the teams of its person' },
  { table: 'invitation', role: 'keylease_auth', policy: 'lookup', reason: 'an invitation is known before its tenant is' },
  { table: 'platform_key', role: 'keylease_auth', policy: 'lookup', reason: 'a token is known before its tenant is' },
  { table: 'platform_key_overlap', role: 'keylease_auth', policy: 'lookup', reason: 'a regenerated token is known before its tenant is' },
] as const

/**
 * What keylease_auth writes of the request's tenant, in the one transaction of what a person does, and why. All of it by the policy
 * `persons`; the catalog test finds no other.
 */
export const personWrites = [
  { table: 'audit_entry', reason: 'what a person does is in the trail or does not happen' },
  { table: 'audit_personal', reason: 'what the commitments of the entry open to' },
  { table: 'audit_pending', reason: 'the entry waits for its leaf' },
  { table: 'change', reason: 'every replica forgets the sessions that ended' },
  { table: 'idempotency', reason: 'the answer commits with the effect' },
  { table: 'member', reason: 'a place begins with an account and ends with its sessions' },
  { table: 'team_member', reason: 'so do the teams of that place' },
  { table: 'invitation', reason: 'it is accepted by the account that it makes' },
  { table: 'team', reason: 'the teams of an invitation are locked while it is accepted' },
] as const

/** Indexes of tenant tables that the tenant does not lead, and why. The catalog test finds no other. */
export const globalIndexes = [
  { index: 'organization_pkey', reason: 'the id is the tenant' },
  { index: 'change_by_transaction', reason: 'the one feed reads the rows of all tenants by transaction' },
  { index: 'member_of_person', reason: 'sign-in finds the organizations of the person' },
  { index: 'invitation_token', reason: 'an invitation is known before its tenant is' },
  { index: 'platform_key_hash', reason: 'a token is known before its tenant is' },
  { index: 'platform_key_overlap_hash', reason: 'a regenerated token is known before its tenant is' },
] as const

export type Tx = Prisma.TransactionClient

export interface TenantTransactionOptions {
  timeoutMs?: number
}

const waitMs = 5_000
const defaultTimeoutMs = 15_000

/** One transaction that sees one tenant's rows and no other's; it ends with `work`. */
export async function inTenant<T>(
  db: Pick<Database, 'app'>,
  organizationId: string,
  work: (tx: Tx) => Promise<T>,
  options: TenantTransactionOptions = {},
): Promise<T> {
  return db.app.$transaction(
    async (tx) => {
      await enterTenant(tx, organizationId)
      return work(tx)
    },
    { maxWait: waitMs, timeout: options.timeoutMs ?? defaultTimeoutMs },
  )
}

/** From here to its end, or to the next call, the transaction sees this tenant. */
export async function enterTenant(tx: Tx, organizationId: string): Promise<void> {
  assertOrganizationId(organizationId)
  await tx.$executeRaw`SELECT set_config('keylease.organization_id', ${organizationId}, true)`
}

/** The same through a plain pool, for SQL that Prisma does not model. */
export async function inTenantSql<T>(pool: pg.Pool, organizationId: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  assertOrganizationId(organizationId)
  return inTransaction(pool, async (client) => {
    await client.query(`SELECT set_config('keylease.organization_id', $1, true)`, [organizationId])
    return work(client)
  })
}

export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    const ended = await client.query('COMMIT')
    // Postgres answers COMMIT with ROLLBACK where a failed statement was caught and forgotten.
    if (ended.command !== 'COMMIT') throw new Error('the transaction was rolled back because one of its statements failed')
    return result
  } catch (error) {
    broken = await rollBack(client)
    throw error
  } finally {
    client.release(broken)
  }
}

/** A connection that cannot even roll back must not go back to the pool with its tenant still set. */
async function rollBack(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function assertOrganizationId(organizationId: string): void {
  if (!isId('organization', organizationId)) throw new TypeError('a tenant transaction needs the id of an organization')
}
