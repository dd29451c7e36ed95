import { randomBytes } from 'node:crypto'
import type { Role } from '@keylease/shared/contracts/permissions'
import type pg from 'pg'
import type { Database } from '../db'
import { inTenantSql } from '../tenancy'
import { asPerson, type Runner } from './person-rows'

export interface SessionRow {
  id: string
  userId: string
  organizationId: string
  address: string | null
  userAgent: string | null
  seenAt: Date
  createdAt: Date
  expiresAt: Date
}

/** A session with the person behind it and their place in its organization; no place, no session. */
export interface PersonSession extends SessionRow {
  name: string
  email: string
  memberId: string
  role: Role
  teamIds: string[]
}

const columns = `session.id, session.user_id AS "userId", organization_id AS "organizationId", ip_address AS address,
  user_agent AS "userAgent", seen_at AS "seenAt", session.created_at AS "createdAt", expires_at AS "expiresAt"`

export const createSessionToken = () => randomBytes(24).toString('base64url')

/** By its token, or by its id. */
export async function findPersonSession(at: Runner, by: { token: string } | { id: string }): Promise<PersonSession | null> {
  const [column, value] = 'token' in by ? ['token', by.token] : ['id', by.id]
  const found = await at.query<SessionRow & { name: string; email: string }>(
    `SELECT ${columns}, name, email FROM session JOIN "user" ON "user".id = user_id WHERE session.${column} = $1`,
    [value],
  )
  const session = found.rows[0]
  if (!session) return null
  return asPerson(at, session.userId, async (client) => {
    const place = await client.query<{ memberId: string; role: Role; teamIds: string[] }>(
      `SELECT id AS "memberId", role,
         ARRAY(SELECT team_id FROM team_member WHERE organization_id = $1 AND member_id = member.id) AS "teamIds"
       FROM member WHERE organization_id = $1 AND user_id = $2 AND removed_at IS NULL`,
      [session.organizationId, session.userId],
    )
    return place.rows[0] ? { ...session, ...place.rows[0] } : null
  })
}

/** Seen in this session, and so in this organization. */
export async function touchSession(db: Pick<Database, 'authPool' | 'appPool'>, session: PersonSession, now: Date): Promise<void> {
  await db.authPool.query('UPDATE session SET seen_at = $2 WHERE id = $1', [session.id, now])
  await inTenantSql(db.appPool, session.organizationId, (client) =>
    client.query('UPDATE member SET last_active_at = $2 WHERE id = $1', [session.memberId, now]),
  )
}

/** The same session under a new id in the cookie: who had the old one has nothing. */
export async function renewSessionToken(at: Runner, id: string, organizationId?: string): Promise<string> {
  const token = createSessionToken()
  await at.query('UPDATE session SET token = $2, organization_id = coalesce($3, organization_id) WHERE id = $1', [
    id,
    token,
    organizationId ?? null,
  ])
  return token
}

export interface SessionFilter {
  userId?: string | undefined
  organizationId?: string | undefined
}

const filterSql = '($1::text IS NULL OR user_id = $1) AND ($2::text IS NULL OR organization_id = $2) AND expires_at > $3'

export async function listSessionRows(
  pool: pg.Pool,
  filter: SessionFilter,
  page: { after: string | null; take: number; now: Date },
): Promise<SessionRow[]> {
  const values = [filter.userId ?? null, filter.organizationId ?? null, page.now, page.after, page.take]
  const found = await pool.query<SessionRow>(
    `SELECT ${columns} FROM session WHERE ${filterSql} AND ($4::text IS NULL OR id < $4) ORDER BY id DESC LIMIT $5`,
    values,
  )
  return found.rows
}

export async function countSessionRows(pool: pg.Pool, filter: SessionFilter, now: Date, maximum: number): Promise<number> {
  const found = await pool.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM (SELECT FROM session WHERE ${filterSql} LIMIT $4) AS counted`,
    [filter.userId ?? null, filter.organizationId ?? null, now, maximum],
  )
  return found.rows[0]?.total ?? 0
}

export async function findSessionRow(at: Runner, id: string): Promise<SessionRow | null> {
  const found = await at.query<SessionRow>(`SELECT ${columns} FROM session WHERE id = $1`, [id])
  return found.rows[0] ?? null
}

interface Ended {
  id?: string
  userId?: string
  organizationId?: string
  exceptId?: string
}

/** Ends one session, or those of a person: everywhere, in one organization, or all but the present one. */
export async function deleteSessions(at: Runner, which: (Ended & { id: string }) | (Ended & { userId: string })): Promise<number> {
  const { id = null, userId = null, organizationId = null, exceptId = null } = which
  const deleted = await at.query(
    `DELETE FROM session WHERE ($1::text IS NULL OR id = $1) AND ($2::text IS NULL OR user_id = $2)
       AND ($3::text IS NULL OR organization_id = $3) AND ($4::text IS NULL OR id <> $4)`,
    [id, userId, organizationId, exceptId],
  )
  return deleted.rowCount ?? 0
}
