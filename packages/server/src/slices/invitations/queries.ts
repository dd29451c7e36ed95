import type pg from 'pg'
import type { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  email: true,
  role: true,
  teamIds: true,
  invitedBy: true,
  createdAt: true,
  expiresAt: true,
  acceptedAt: true,
  revokedAt: true,
} satisfies Prisma.InvitationSelect
export type InvitationRow = Prisma.InvitationGetPayload<{ select: typeof columns }>

interface Filter {
  status: string | undefined
  now: Date
}

export function insertInvitation(tx: Tx, data: Prisma.InvitationUncheckedCreateInput): Promise<InvitationRow> {
  return tx.invitation.create({ data, select: columns })
}

/** One that can still be accepted or revoked, locked until the transaction ends: of two who come at once, one finds it. */
export async function lockOpenInvitation(tx: Tx, id: string, now: Date): Promise<InvitationRow | null> {
  const locked = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM invitation WHERE id = ${id} AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ${now} FOR UPDATE`
  return locked.length === 1 ? tx.invitation.findFirst({ where: { id }, select: columns }) : null
}

export async function lockInvitation(tx: Tx, id: string): Promise<InvitationRow | null> {
  const locked = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM invitation WHERE id = ${id} FOR UPDATE`
  return locked.length === 1 ? tx.invitation.findFirst({ where: { id }, select: columns }) : null
}

export async function updateInvitationRow(tx: Tx, organizationId: string, id: string, data: Prisma.InvitationUpdateInput): Promise<void> {
  await tx.invitation.update({ where: { organizationId_id: { organizationId, id } }, data, select: { id: true } })
}

/** A second invitation of one person replaces the first. */
export async function revokeOpenInvitations(tx: Tx, email: string, now: Date): Promise<void> {
  await tx.invitation.updateMany({ where: { email, acceptedAt: null, revokedAt: null }, data: { revokedAt: now } })
}

export function listInvitationRows(tx: Tx, filter: Filter, page: { after: string | null; take: number }): Promise<InvitationRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.invitation.findMany({ where: { ...whereOf(filter), ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countInvitationRows(tx: Tx, filter: Filter, maximum: number): Promise<number> {
  return tx.invitation.count({ where: whereOf(filter), take: maximum })
}

function whereOf({ status, now }: Filter): Prisma.InvitationWhereInput {
  const byStatus: Record<string, Prisma.InvitationWhereInput> = {
    accepted: { acceptedAt: { not: null } },
    revoked: { acceptedAt: null, revokedAt: { not: null } },
    pending: { acceptedAt: null, revokedAt: null, expiresAt: { gt: now } },
    expired: { acceptedAt: null, revokedAt: null, expiresAt: { lte: now } },
  }
  return (status && byStatus[status]) || {}
}

/** Which invitation a link is, before any tenant is known. */
export async function findInvitationPlace(pool: pg.Pool, tokenHashes: Buffer[]): Promise<{ organizationId: string; id: string } | null> {
  const found = await pool.query<{ organizationId: string; id: string }>(
    'SELECT organization_id AS "organizationId", id FROM invitation WHERE token_hash = ANY($1)',
    [tokenHashes],
  )
  return found.rows[0] ?? null
}
