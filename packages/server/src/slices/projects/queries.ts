import type { Prisma } from '../../generated/prisma/client'
import { containing } from '../../platform/search'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  name: true,
  environment: true,
  costCentre: true,
  teamId: true,
  createdAt: true,
  updatedAt: true,
} satisfies Prisma.ProjectSelect
export type ProjectRow = Prisma.ProjectGetPayload<{ select: typeof columns }>

interface Filter {
  search: string | undefined
  environment: string | undefined
  teamId: string | undefined
  /** The teams in reach; null is all of the organization. */
  reach: readonly string[] | null
}

export function insertProject(tx: Tx, data: Prisma.ProjectUncheckedCreateInput): Promise<ProjectRow> {
  return tx.project.create({ data, select: columns })
}

export function findProject(tx: Tx, id: string): Promise<ProjectRow | null> {
  return tx.project.findFirst({ where: { id, deletedAt: null }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockProject(tx: Tx, id: string): Promise<ProjectRow | null> {
  const locked = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM project WHERE id = ${id} AND deleted_at IS NULL FOR UPDATE`
  return locked.length === 1 ? findProject(tx, id) : null
}

/** The project stays until the transaction ends: what is made in it is not made in a deleted one. */
export async function holdProject(tx: Tx, id: string): Promise<ProjectRow | null> {
  const held = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM project WHERE id = ${id} AND deleted_at IS NULL FOR SHARE`
  return held.length === 1 ? findProject(tx, id) : null
}

export function countLiveAgents(tx: Tx, projectId: string): Promise<number> {
  return tx.agent.count({ where: { projectId, deletedAt: null } })
}

/** What names the deleted project alone goes with it. */
export async function deleteGrantsOf(tx: Tx, projectId: string, now: Date): Promise<void> {
  await tx.grant.updateMany({ where: { projectId, deletedAt: null }, data: { deletedAt: now } })
}

export function updateProjectRow(tx: Tx, organizationId: string, id: string, data: Prisma.ProjectUpdateInput): Promise<ProjectRow> {
  return tx.project.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export function listProjectRows(tx: Tx, filter: Filter, page: { after: string | null; take: number }): Promise<ProjectRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.project.findMany({ where: { ...whereOf(filter), ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countProjectRows(tx: Tx, filter: Filter, maximum: number): Promise<number> {
  return tx.project.count({ where: whereOf(filter), take: maximum })
}

function whereOf(filter: Filter): Prisma.ProjectWhereInput {
  return {
    deletedAt: null,
    AND: [filter.reach === null ? {} : { teamId: { in: [...filter.reach] } }, filter.teamId === undefined ? {} : { teamId: filter.teamId }],
    ...(filter.environment === undefined ? {} : { environment: filter.environment }),
    ...(filter.search === undefined ? {} : { name: containing(filter.search) }),
  }
}
