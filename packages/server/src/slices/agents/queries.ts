import type { Prisma } from '../../generated/prisma/client'
import { containing } from '../../platform/search'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  name: true,
  projectId: true,
  description: true,
  ownerMemberId: true,
  enabled: true,
  createdAt: true,
  updatedAt: true,
  project: { select: { teamId: true } },
} satisfies Prisma.AgentSelect
export type AgentRow = Prisma.AgentGetPayload<{ select: typeof columns }>

interface Filter {
  search: string | undefined
  projectId: string | undefined
  enabled: boolean | undefined
  /** The teams in reach; null is all of the organization. */
  reach: readonly string[] | null
}

export function insertAgent(tx: Tx, data: Prisma.AgentUncheckedCreateInput): Promise<AgentRow> {
  return tx.agent.create({ data, select: columns })
}

export function findAgent(tx: Tx, id: string): Promise<AgentRow | null> {
  return tx.agent.findFirst({ where: { id, deletedAt: null }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockAgent(tx: Tx, id: string): Promise<AgentRow | null> {
  const locked = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM agent WHERE id = ${id} AND deleted_at IS NULL FOR UPDATE`
  return locked.length === 1 ? findAgent(tx, id) : null
}

/** The agent stays until the transaction ends: nothing is given to one that is just being deleted. */
export async function holdAgent(tx: Tx, id: string): Promise<AgentRow | null> {
  const held = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM agent WHERE id = ${id} AND deleted_at IS NULL FOR SHARE`
  return held.length === 1 ? findAgent(tx, id) : null
}

export async function holdMember(tx: Tx, id: string): Promise<boolean> {
  const held = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM member WHERE id = ${id} AND removed_at IS NULL FOR SHARE`
  return held.length === 1
}

export function updateAgentRow(tx: Tx, organizationId: string, id: string, data: Prisma.AgentUncheckedUpdateInput): Promise<AgentRow> {
  return tx.agent.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export function listAgentRows(tx: Tx, filter: Filter, page: { after: string | null; take: number }): Promise<AgentRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.agent.findMany({ where: { ...whereOf(filter), ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countAgentRows(tx: Tx, filter: Filter, maximum: number): Promise<number> {
  return tx.agent.count({ where: whereOf(filter), take: maximum })
}

/** What acts through the agent and works now. */
export async function countDependents(tx: Tx, agentId: string, now: Date) {
  const platformKeys = await tx.platformKey.count({
    where: { agentId, revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
  })
  const grants = await tx.grant.count({ where: { agentId, deletedAt: null } })
  const trustRules = await tx.trustRule.count({ where: { agentId, deletedAt: null, enabled: true } })
  return { platformKeys, grants, trustRules }
}

/** What names the deleted agent alone goes with it; its platform keys are refused for as long as it is gone. */
export async function deleteDependents(tx: Tx, agentId: string, now: Date): Promise<void> {
  await tx.grant.updateMany({ where: { agentId, deletedAt: null }, data: { deletedAt: now } })
  await tx.trustRule.updateMany({ where: { agentId, deletedAt: null }, data: { deletedAt: now } })
}

function whereOf(filter: Filter): Prisma.AgentWhereInput {
  return {
    deletedAt: null,
    ...(filter.reach === null ? {} : { project: { teamId: { in: [...filter.reach] } } }),
    ...(filter.projectId === undefined ? {} : { projectId: filter.projectId }),
    ...(filter.enabled === undefined ? {} : { enabled: filter.enabled }),
    ...(filter.search === undefined ? {} : { name: containing(filter.search) }),
  }
}
