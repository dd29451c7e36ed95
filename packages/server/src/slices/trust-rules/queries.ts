import type { Prisma } from '../../generated/prisma/client'
import { containing } from '../../platform/search'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  agentId: true,
  name: true,
  issuer: true,
  subjectPattern: true,
  claims: true,
  enabled: true,
  lastUsedAt: true,
  lastUsedAddress: true,
  lastUsedSubject: true,
  createdBy: true,
  createdAt: true,
  updatedAt: true,
} satisfies Prisma.TrustRuleSelect
export type TrustRuleRow = Prisma.TrustRuleGetPayload<{ select: typeof columns }>

type Reach = readonly string[] | null

interface Filter {
  search: string | undefined
  agentId: string | undefined
  enabled: boolean | undefined
  /** The teams in reach; null is all of the organization. */
  reach: Reach
}

export function insertTrustRule(tx: Tx, data: Prisma.TrustRuleUncheckedCreateInput): Promise<TrustRuleRow> {
  return tx.trustRule.create({ data, select: columns })
}

export function findTrustRule(tx: Tx, id: string, reach: Reach): Promise<TrustRuleRow | null> {
  return tx.trustRule.findFirst({ where: { id, deletedAt: null, ...whereInReach(reach) }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockTrustRule(tx: Tx, id: string, reach: Reach): Promise<TrustRuleRow | null> {
  await tx.$queryRaw`SELECT id FROM trust_rule WHERE id = ${id} FOR UPDATE`
  return findTrustRule(tx, id, reach)
}

export function updateTrustRuleRow(
  tx: Tx,
  organizationId: string,
  id: string,
  data: Prisma.TrustRuleUncheckedUpdateInput,
): Promise<TrustRuleRow> {
  return tx.trustRule.update({ where: { organizationId_id: { organizationId, id } }, data, select: columns })
}

export function listTrustRuleRows(tx: Tx, filter: Filter, page: { after: string | null; take: number }): Promise<TrustRuleRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.trustRule.findMany({ where: { ...whereOf(filter), ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countTrustRuleRows(tx: Tx, filter: Filter, maximum: number): Promise<number> {
  return tx.trustRule.count({ where: whereOf(filter), take: maximum })
}

function whereOf(filter: Filter): Prisma.TrustRuleWhereInput {
  return {
    deletedAt: null,
    ...whereInReach(filter.reach),
    ...(filter.agentId === undefined ? {} : { agentId: filter.agentId }),
    ...(filter.enabled === undefined ? {} : { enabled: filter.enabled }),
    ...(filter.search === undefined ? {} : { name: containing(filter.search) }),
  }
}

const whereInReach = (reach: Reach): Prisma.TrustRuleWhereInput =>
  reach === null ? {} : { agent: { project: { teamId: { in: [...reach] } } } }
