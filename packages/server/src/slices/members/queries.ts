import type { Prisma } from '../../generated/prisma/client'
import { containing } from '../../platform/search'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  userId: true,
  email: true,
  name: true,
  role: true,
  lastActiveAt: true,
  createdAt: true,
} satisfies Prisma.MemberSelect
export type MemberRow = Prisma.MemberGetPayload<{ select: typeof columns }>

interface Filter {
  search?: string | undefined
  role?: string | undefined
  teamId?: string | undefined
}

export function insertMember(tx: Tx, data: Prisma.MemberUncheckedCreateInput): Promise<MemberRow> {
  return tx.member.create({ data, select: columns })
}

export function findMember(tx: Tx, where: { id: string } | { userId: string } | { email: string }): Promise<MemberRow | null> {
  return tx.member.findFirst({ where: { ...where, removedAt: null }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockMember(tx: Tx, id: string): Promise<MemberRow | null> {
  const locked = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM member WHERE id = ${id} AND removed_at IS NULL FOR UPDATE`
  return locked.length === 1 ? findMember(tx, { id }) : null
}

/** Every Owner, locked in one order: two who demote each other at once wait in turn. */
export async function lockOwners(tx: Tx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM member WHERE role = 'owner' AND removed_at IS NULL ORDER BY id FOR UPDATE`
  return rows.map((row) => row.id)
}

export function updateMemberRow(tx: Tx, organizationId: string, id: string, data: Prisma.MemberUpdateInput): Promise<MemberRow> {
  return tx.member.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export async function listMemberRows(tx: Tx, filter: Filter, page: { after: string | null; take: number }): Promise<MemberRow[]> {
  const where = await whereOf(tx, filter)
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.member.findMany({ where: { AND: [where, older] }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export async function countMemberRows(tx: Tx, filter: Filter, maximum: number): Promise<number> {
  return tx.member.count({ where: await whereOf(tx, filter), take: maximum })
}

async function whereOf(tx: Tx, { search, role, teamId }: Filter): Promise<Prisma.MemberWhereInput> {
  const contains = search === undefined ? null : containing(search)
  const inTeam = teamId === undefined ? null : await tx.teamMember.findMany({ where: { teamId }, select: { memberId: true } })
  return {
    removedAt: null,
    ...(role === undefined ? {} : { role }),
    ...(inTeam && { id: { in: inTeam.map(({ memberId }) => memberId) } }),
    ...(contains && { OR: [{ name: contains }, { email: contains }] }),
  }
}

/** The live teams of each member. */
export async function findTeamIds(tx: Tx, memberIds: string[]): Promise<Map<string, string[]>> {
  const rows = await tx.$queryRaw<{ member_id: string; team_ids: string[] }[]>`
    SELECT member_id, array_agg(team_id ORDER BY team_id) AS team_ids
    FROM team_member JOIN team ON team.organization_id = team_member.organization_id AND team.id = team_id AND deleted_at IS NULL
    WHERE member_id = ANY(${memberIds}) GROUP BY member_id`
  return new Map(rows.map((row) => [row.member_id, row.team_ids]))
}

/** Locks the teams that live; fewer than asked for means that some are absent or foreign. */
export async function lockTeams(tx: Tx, ids: string[]): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM team WHERE id = ANY(${ids}) AND deleted_at IS NULL ORDER BY id FOR SHARE`
  return rows.map((row) => row.id)
}

export async function insertTeamMembers(tx: Tx, organizationId: string, memberId: string, teamIds: string[]): Promise<void> {
  const data = teamIds.map((teamId) => ({ organizationId, teamId, memberId }))
  await tx.teamMember.createMany({ data, skipDuplicates: true })
}

export async function deleteTeamMembers(tx: Tx, memberId: string): Promise<void> {
  await tx.teamMember.deleteMany({ where: { memberId } })
}
