import type { Prisma } from '../../generated/prisma/client'
import { containing } from '../../platform/search'
import type { Tx } from '../../platform/tenancy'

const columns = { id: true, name: true, createdAt: true, updatedAt: true } satisfies Prisma.TeamSelect
export type TeamRow = Prisma.TeamGetPayload<{ select: typeof columns }>

export function insertTeam(tx: Tx, data: Prisma.TeamUncheckedCreateInput): Promise<TeamRow> {
  return tx.team.create({ data, select: columns })
}

export function findTeam(tx: Tx, id: string): Promise<TeamRow | null> {
  return tx.team.findFirst({ where: { id, deletedAt: null }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockTeam(tx: Tx, id: string): Promise<TeamRow | null> {
  const locked = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM team WHERE id = ${id} AND deleted_at IS NULL FOR UPDATE`
  return locked.length === 1 ? findTeam(tx, id) : null
}

export function updateTeamRow(tx: Tx, organizationId: string, id: string, data: Prisma.TeamUpdateInput): Promise<TeamRow> {
  return tx.team.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export function listTeamRows(tx: Tx, search: string | undefined, page: { after: string | null; take: number }): Promise<TeamRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.team.findMany({ where: { ...whereOf(search), ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countTeamRows(tx: Tx, search: string | undefined, maximum: number): Promise<number> {
  return tx.team.count({ where: whereOf(search), take: maximum })
}

function whereOf(search: string | undefined): Prisma.TeamWhereInput {
  return { deletedAt: null, ...(search === undefined ? {} : { name: containing(search) }) }
}

export async function countTeamMembers(tx: Tx, teamIds: string[]): Promise<Map<string, number>> {
  const groups = await tx.teamMember.groupBy({ by: ['teamId'], where: { teamId: { in: teamIds } }, _count: { memberId: true } })
  return new Map(groups.map((group) => [group.teamId, group._count.memberId]))
}

/** What still belongs to a team and would be nobody's without it. */
export async function isTeamInUse(tx: Tx, teamId: string): Promise<boolean> {
  const project = await tx.project.findFirst({ where: { teamId, deletedAt: null }, select: { id: true } })
  const key = await tx.providerKey.findFirst({ where: { ownerTeamId: teamId, deletedAt: null }, select: { id: true } })
  return project !== null || key !== null
}

export async function insertTeamMember(tx: Tx, organizationId: string, teamId: string, memberId: string): Promise<void> {
  await tx.teamMember.createMany({ data: [{ organizationId, teamId, memberId }], skipDuplicates: true })
}

export async function deleteTeamMembers(tx: Tx, where: { teamId: string; memberId?: string }): Promise<number> {
  return (await tx.teamMember.deleteMany({ where })).count
}
