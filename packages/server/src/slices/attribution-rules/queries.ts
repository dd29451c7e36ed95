import type { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  name: true,
  position: true,
  attribute: true,
  pattern: true,
  agentId: true,
  projectId: true,
  teamId: true,
  memberId: true,
  valueNames: true,
  createdBy: true,
  createdAt: true,
  updatedAt: true,
} satisfies Prisma.AttributionRuleSelect
export type AttributionRuleRow = Prisma.AttributionRuleGetPayload<{ select: typeof columns }>

interface Filter {
  attribute: string | undefined
}

interface Place {
  position: number
  id: string
}

const inOrder: Prisma.AttributionRuleOrderByWithRelationInput[] = [{ position: 'asc' }, { id: 'asc' }]

export function insertAttributionRule(tx: Tx, data: Prisma.AttributionRuleUncheckedCreateInput): Promise<AttributionRuleRow> {
  return tx.attributionRule.create({ data, select: columns })
}

export function findAttributionRule(tx: Tx, id: string): Promise<AttributionRuleRow | null> {
  return tx.attributionRule.findFirst({ where: { id }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockAttributionRule(tx: Tx, id: string): Promise<AttributionRuleRow | null> {
  await tx.$queryRaw`SELECT id FROM attribution_rule WHERE id = ${id} FOR UPDATE`
  return findAttributionRule(tx, id)
}

export function updateAttributionRuleRow(
  tx: Tx,
  organizationId: string,
  id: string,
  data: Prisma.AttributionRuleUncheckedUpdateInput,
): Promise<AttributionRuleRow> {
  return tx.attributionRule.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export async function removeAttributionRule(tx: Tx, id: string): Promise<void> {
  await tx.attributionRule.deleteMany({ where: { id } })
}

export function listAttributionRuleRows(
  tx: Tx,
  filter: Filter,
  page: { after: Place | null; take: number },
): Promise<AttributionRuleRow[]> {
  const { after } = page
  const later = after && { OR: [{ position: { gt: after.position } }, { position: after.position, id: { gt: after.id } }] }
  return tx.attributionRule.findMany({ where: { ...whereOf(filter), ...later }, orderBy: inOrder, take: page.take, select: columns })
}

export function countAttributionRuleRows(tx: Tx, filter: Filter): Promise<number> {
  return tx.attributionRule.count({ where: whereOf(filter) })
}

/** One who counts waits for the other: there are never more than may be. */
export async function lockAttributionRules(tx: Tx, organizationId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('keylease attribution rules ' || ${organizationId}, 0))`
}

/** The project, team or member that a rule names stays until the transaction ends. */
export async function holdTarget(tx: Tx, kind: 'project' | 'team' | 'member', id: string): Promise<boolean> {
  const held = {
    project: () => tx.$queryRaw<object[]>`SELECT id FROM project WHERE id = ${id} AND deleted_at IS NULL FOR SHARE`,
    team: () => tx.$queryRaw<object[]>`SELECT id FROM team WHERE id = ${id} AND deleted_at IS NULL FOR SHARE`,
    member: () => tx.$queryRaw<object[]>`SELECT id FROM member WHERE id = ${id} AND removed_at IS NULL FOR SHARE`,
  }
  return (await held[kind]()).length === 1
}

const whereOf = ({ attribute }: Filter): Prisma.AttributionRuleWhereInput => (attribute === undefined ? {} : { attribute })
