import { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  agentId: true,
  projectId: true,
  teamId: true,
  memberId: true,
  role: true,
  keyId: true,
  provider: true,
  category: true,
  tag: true,
  level: true,
  priority: true,
  models: true,
  operations: true,
  environments: true,
  addresses: true,
  hours: true,
  maxTtlSeconds: true,
  requestsPerMinute: true,
  tokensPerMinute: true,
  defaultMaxOutputTokens: true,
  expiresAt: true,
  grantedBy: true,
  createdAt: true,
  updatedAt: true,
} satisfies Prisma.GrantSelect
export type GrantRow = Prisma.GrantGetPayload<{ select: typeof columns }>
export type GrantData = Omit<Prisma.GrantUncheckedCreateInput, 'hours'>
export type Filter = Partial<
  Record<'agentId' | 'projectId' | 'teamId' | 'memberId' | 'role' | 'keyId' | 'provider' | 'category' | 'tag' | 'level', string>
>

/** Whose grants somebody sees who does not see them all. */
export interface Sight {
  teamIds: readonly string[]
  memberId: string | null
  role: string | null
}

export function insertGrant(tx: Tx, data: GrantData, hours: unknown): Promise<GrantRow> {
  return tx.grant.create({ data: { ...data, hours: toJson(hours) }, select: columns })
}

export function updateGrantRow(
  tx: Tx,
  organizationId: string,
  id: string,
  data: Prisma.GrantUncheckedUpdateInput,
  hours: unknown,
): Promise<GrantRow> {
  const change = hours === undefined ? data : { ...data, hours: toJson(hours) }
  return tx.grant.update({ where: { organizationId_id: { organizationId, id } }, data: change, select: columns })
}

export async function findGrant(tx: Tx, id: string, sight: Sight | null): Promise<GrantRow | null> {
  return tx.grant.findFirst({ where: { id, AND: [await whereSeen(tx, sight)], deletedAt: null }, select: columns })
}

/** Locks the row until the transaction ends: what is changed is what is read next. */
export async function lockGrant(tx: Tx, id: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM "grant" WHERE id = ${id} FOR UPDATE`
}

export async function listGrantRows(
  tx: Tx,
  filter: Filter,
  sight: Sight | null,
  page: { after: string | null; take: number },
): Promise<GrantRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  const where = { deletedAt: null, ...filter, AND: [await whereSeen(tx, sight), older] }
  return tx.grant.findMany({ where, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export async function countGrantRows(tx: Tx, filter: Filter, sight: Sight | null, maximum: number): Promise<number> {
  return tx.grant.count({ where: { deletedAt: null, ...filter, AND: [await whereSeen(tx, sight)] }, take: maximum })
}

export function findAgentFacts(tx: Tx, id: string) {
  return tx.agent.findFirst({
    where: { id, deletedAt: null },
    select: { id: true, projectId: true, enabled: true, project: { select: { teamId: true, environment: true } } },
  })
}

/** Grants to the agent, its project or its team; a grant to a member or a role is for people. */
export function listLeaseGrants(tx: Tx, agent: { id: string; projectId: string; teamId: string | null }): Promise<GrantRow[]> {
  const team = agent.teamId === null ? [] : [{ teamId: agent.teamId }]
  const where = { deletedAt: null, level: 'lease', OR: [{ agentId: agent.id }, { projectId: agent.projectId }, ...team] }
  return tx.grant.findMany({ where, select: columns })
}

const keyColumns = {
  id: true,
  provider: true,
  category: true,
  tags: true,
  environment: true,
  status: true,
  delivery: true,
  expiresAt: true,
} satisfies Prisma.ProviderKeySelect

export function listKeyFacts(tx: Tx, asked: { id: string } | { provider: string }) {
  return tx.providerKey.findMany({ where: { ...asked, deletedAt: null }, select: keyColumns })
}

async function whereSeen(tx: Tx, sight: Sight | null): Promise<Prisma.GrantWhereInput> {
  if (!sight) return {}
  const teamId = { in: [...sight.teamIds] }
  const members = await tx.teamMember.findMany({ where: { teamId }, select: { memberId: true } })
  return {
    OR: [
      { agent: { project: { teamId } } },
      { project: { teamId } },
      { teamId },
      { memberId: { in: [...members.map((one) => one.memberId), ...(sight.memberId ? [sight.memberId] : [])] } },
      ...(sight.role ? [{ role: sight.role }] : []),
    ],
  }
}

export async function isMemberOfTeams(tx: Tx, memberId: string, teamIds: readonly string[]): Promise<boolean> {
  return (await tx.teamMember.count({ where: { memberId, teamId: { in: [...teamIds] } } })) > 0
}

export async function holdMember(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$queryRaw<unknown[]>`SELECT 1 FROM member WHERE id = ${id} AND removed_at IS NULL FOR SHARE`).length === 1
}

export async function holdKey(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$queryRaw<unknown[]>`SELECT 1 FROM provider_key WHERE id = ${id} AND deleted_at IS NULL FOR SHARE`).length === 1
}

/** Keys that the team owns, or that a live grant of one of these levels gives to the team, the member or the role. */
export async function listGrantedKeys(tx: Tx, sight: Sight, levels: readonly string[]): Promise<string[]> {
  const found = await tx.$queryRaw<{ id: string }[]>`
    SELECT key.id FROM provider_key key
    WHERE key.owner_team_id = ANY(${sight.teamIds}::text[]) OR EXISTS (
      SELECT FROM "grant" g
      WHERE g.organization_id = key.organization_id AND g.deleted_at IS NULL AND g.level = ANY(${levels}::text[])
        AND (g.expires_at IS NULL OR g.expires_at > now())
        AND (g.team_id = ANY(${sight.teamIds}::text[]) OR g.member_id = ${sight.memberId} OR g.role = ${sight.role})
        AND (g.key_id = key.id OR g.provider = key.provider OR g.category = key.category OR g.tag = ANY(key.tags)))
    ORDER BY key.id`
  return found.map((row) => row.id)
}

function toJson(hours: unknown) {
  return hours === null || hours === undefined ? Prisma.DbNull : (hours as Prisma.InputJsonValue) // parsed by the contract
}
