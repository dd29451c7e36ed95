import type pg from 'pg'
import type { Runner } from '../../platform/identity/person-rows'

export interface OwnerLinkRow {
  tokenHash: Buffer
  pepperVersion: number
  expiresAt: Date
  usedAt: Date | null
}

export async function replaceOwnerLink(pool: pg.Pool, link: { hash: Buffer; version: number; expiresAt: Date }): Promise<void> {
  await pool.query(
    `INSERT INTO owner_link (token_hash, pepper_version, expires_at) VALUES ($1, $2, $3)
     ON CONFLICT (singleton) DO UPDATE
       SET token_hash = excluded.token_hash, pepper_version = excluded.pepper_version, expires_at = excluded.expires_at, used_at = NULL`,
    [link.hash, link.version, link.expiresAt],
  )
}

export async function findOwnerLink(pool: pg.Pool): Promise<OwnerLinkRow | null> {
  const found = await pool.query<OwnerLinkRow>(
    `SELECT token_hash AS "tokenHash", pepper_version AS "pepperVersion", expires_at AS "expiresAt", used_at AS "usedAt" FROM owner_link`,
  )
  return found.rows[0] ?? null
}

export async function spendOwnerLink(client: pg.ClientBase, hashes: Buffer[], now: Date): Promise<boolean> {
  const spent = await client.query(
    'UPDATE owner_link SET used_at = $2 WHERE token_hash = ANY($1) AND used_at IS NULL AND expires_at > $2',
    [hashes, now],
  )
  return spent.rowCount === 1
}

export async function hasOwnerRow(client: pg.ClientBase): Promise<boolean> {
  const found = await client.query(`SELECT FROM member WHERE role = 'owner' AND removed_at IS NULL LIMIT 1`)
  return found.rowCount === 1
}

export interface PasskeyRow {
  id: string
  name: string | null
  deviceType: string
  createdAt: Date
}

const passkeyColumns = 'id, name, device_type AS "deviceType", created_at AS "createdAt"'

export async function listPasskeyRows(at: Runner, userId: string): Promise<PasskeyRow[]> {
  return (await at.query<PasskeyRow>(`SELECT ${passkeyColumns} FROM passkey WHERE user_id = $1 ORDER BY id DESC`, [userId])).rows
}

export async function deletePasskeyRow(client: pg.ClientBase, userId: string, id: string): Promise<boolean> {
  return (await client.query('DELETE FROM passkey WHERE user_id = $1 AND id = $2', [userId, id])).rowCount === 1
}

/** Whether this code of this person is new: a code is good for a minute and a half, and its row outlives that. */
export async function claimCode(client: pg.ClientBase, use: { userId: string; codeHash: Buffer; now: Date }): Promise<boolean> {
  const claimed = await client.query(
    `INSERT INTO totp_use AS held (user_id, code_hash, used_at) VALUES ($1, $2, $3)
     ON CONFLICT (user_id, code_hash) DO UPDATE SET used_at = excluded.used_at WHERE held.used_at < excluded.used_at - interval '5 minutes'`,
    [use.userId, use.codeHash, use.now],
  )
  return claimed.rowCount === 1
}

export async function hasTotp(pool: pg.Pool, userId: string): Promise<boolean> {
  return (await pool.query('SELECT FROM two_factor WHERE user_id = $1 AND verified', [userId])).rowCount === 1
}

/** With its backup codes; false where there was none in use. */
export async function deleteTotp(client: pg.ClientBase, userId: string): Promise<boolean> {
  await client.query('UPDATE "user" SET two_factor_enabled = false, updated_at = now() WHERE id = $1', [userId])
  const deleted = await client.query<{ verified: boolean }>('DELETE FROM two_factor WHERE user_id = $1 RETURNING verified', [userId])
  return deleted.rows.some(({ verified }) => verified)
}

export async function deletePasskeys(client: pg.ClientBase, userId: string): Promise<number> {
  return (await client.query('DELETE FROM passkey WHERE user_id = $1', [userId])).rowCount ?? 0
}
