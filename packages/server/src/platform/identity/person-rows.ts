import type { Role } from '@keylease/shared/contracts/permissions'
import { newId } from '@keylease/shared/ids'
import type pg from 'pg'
import { inTransaction } from '../tenancy'

export interface PersonRow {
  id: string
  name: string
  email: string
  twoFactorEnabled: boolean
}

export interface Membership {
  organizationId: string
  memberId: string
  role: Role
}

type Runner = pg.Pool | pg.ClientBase

const personColumns = 'id, name, email, two_factor_enabled AS "twoFactorEnabled"'

export async function findPerson(pool: Runner, by: { id: string } | { email: string }): Promise<PersonRow | null> {
  const [column, value] = 'id' in by ? ['id', by.id] : ['email', by.email]
  const found = await pool.query<PersonRow>(`SELECT ${personColumns} FROM "user" WHERE ${column} = $1`, [value])
  return found.rows[0] ?? null
}

/** A person and the password they sign in with. */
export async function insertPerson(
  client: pg.ClientBase,
  { id, ...person }: { id: string; name: string; email: string; passwordHash: string },
): Promise<void> {
  await client.query('INSERT INTO "user" (id, name, email, email_verified) VALUES ($1, $2, $3, true)', [id, person.name, person.email])
  await client.query(`INSERT INTO account (id, account_id, provider_id, user_id, password) VALUES ($1, $2, 'credential', $2, $3)`, [
    newId('account'),
    id,
    person.passwordHash,
  ])
}

export async function findPasswordHash(pool: Runner, userId: string): Promise<string | null> {
  const found = await pool.query<{ password: string | null }>(
    `SELECT password FROM account WHERE user_id = $1 AND provider_id = 'credential'`,
    [userId],
  )
  return found.rows[0]?.password ?? null
}

export async function updatePassword(pool: Runner, userId: string, hash: string): Promise<void> {
  await pool.query(`UPDATE account SET password = $2, updated_at = now() WHERE user_id = $1 AND provider_id = 'credential'`, [userId, hash])
}

/** Forgives the failures that better-auth counted against the authenticator app. */
export async function unlockTotp(pool: Runner, userId: string): Promise<void> {
  await pool.query('UPDATE two_factor SET failed_verification_count = 0, locked_until = NULL WHERE user_id = $1', [userId])
}

/** Where a person is a member, oldest first: row security shows the rows of this person alone. */
export function findMemberships(pool: pg.Pool, userId: string): Promise<Membership[]> {
  return inTransaction(pool, async (client) => {
    await client.query(`SELECT set_config('keylease.user_id', $1, true)`, [userId])
    const found = await client.query<Membership>(
      'SELECT organization_id AS "organizationId", id AS "memberId", role FROM member WHERE removed_at IS NULL ORDER BY id',
    )
    return found.rows
  })
}

/** What a person may confirm a step with besides the password. */
export async function findFactors(pool: Runner, userId: string): Promise<{ passkey: boolean; totp: boolean }> {
  const found = await pool.query<{ passkey: boolean; totp: boolean }>(
    `SELECT EXISTS (SELECT FROM passkey WHERE user_id = $1) AS passkey,
       EXISTS (SELECT FROM two_factor JOIN "user" ON "user".id = user_id WHERE user_id = $1 AND verified AND two_factor_enabled) AS totp`,
    [userId],
  )
  return found.rows[0] ?? { passkey: false, totp: false }
}
