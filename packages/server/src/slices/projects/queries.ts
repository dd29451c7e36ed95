import type { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  name: true,
  environment: true,
  costCentre: true,
  createdAt: true,
  updatedAt: true,
} satisfies Prisma.ProjectSelect
export type ProjectRow = Prisma.ProjectGetPayload<{ select: typeof columns }>

interface Filter {
  search: string | undefined
  environment: string | undefined
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
    ...(filter.environment === undefined ? {} : { environment: filter.environment }),
    ...(filter.search === undefined ? {} : { name: { contains: escapePattern(filter.search), mode: 'insensitive' as const } }),
  }
}

/** Prisma passes `contains` to LIKE as it is, where % and _ would match anything. */
const escapePattern = (text: string) => text.replace(/[\\%_]/g, '\\$&')
