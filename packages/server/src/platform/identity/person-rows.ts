import type { Role } from '@keylease/shared/contracts/permissions'
import { newId } from '@keylease/shared/ids'
import pg from 'pg'
import { AppError } from '../errors'
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

/** A pool, or the connection of a transaction. */
export type Runner = pg.Pool | pg.ClientBase

const personColumns = 'id, name, email, two_factor_enabled AS "twoFactorEnabled"'

export async function findPerson(pool: Runner, by: { id: string } | { email: string }): Promise<PersonRow | null> {
  const [column, value] = 'id' in by ? ['id', by.id] : ['email', by.email]
  const found = await pool.query<PersonRow>(`SELECT ${personColumns} FROM "user" WHERE ${column} = $1`, [value])
  return found.rows[0] ?? null
}

/** A person and the password they sign in with. Of two who take one address at once, the second waits, and is told. */
export async function insertPerson(
  client: pg.ClientBase,
  { id, ...person }: { id: string; name: string; email: string; passwordHash: string },
): Promise<void> {
  const inserted = await client.query(
    'INSERT INTO "user" (id, name, email, email_verified) VALUES ($1, $2, $3, true) ON CONFLICT (email) DO NOTHING',
    [id, person.name, person.email],
  )
  if (inserted.rowCount !== 1) {
    throw new AppError('member_exists', {
      message: 'This e-mail address has just been given an account. Sign in with it, then open the link again.',
    })
  }
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

/** Where a person is a member, oldest first. */
export function findMemberships(at: Runner, userId: string): Promise<Membership[]> {
  return asPerson(at, userId, async (client) => {
    const found = await client.query<Membership>(
      'SELECT organization_id AS "organizationId", id AS "memberId", role FROM member WHERE user_id = $1 AND removed_at IS NULL ORDER BY id',
      [userId],
    )
    return found.rows
  })
}

/** For one look, row security shows what this person has in any tenant. A transaction that goes on is left as it was. */
export async function asPerson<T>(at: Runner, userId: string, look: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  if (at instanceof pg.Pool) return inTransaction(at, (client) => asPerson(client, userId, look))
  await at.query(`SELECT set_config('keylease.user_id', $1, true)`, [userId])
  const seen = await look(at)
  await at.query(`SELECT set_config('keylease.user_id', '', true)`)
  return seen
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
