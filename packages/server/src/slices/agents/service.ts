import type { Agent, AgentImpact, AgentPage, CreateAgent, ListAgents, UpdateAgent } from '@keylease/shared/contracts/agents'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { readImpact } from '../../platform/impact'
import { recordEvent } from '../../platform/outbox'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { absentField, assertInReach, isInReach, reachOf } from '../../platform/reach'
import type { Tx } from '../../platform/tenancy'
import { requireProject } from '../projects/service'
import { toAgent } from './mapping'
import {
  type AgentRow,
  countAgentRows,
  countDependents,
  deleteDependents,
  findAgent,
  holdAgent,
  holdMember,
  insertAgent,
  listAgentRows,
  lockAgent,
  updateAgentRow,
} from './queries'

export function listAgentPage(deps: Deps, actor: Actor, query: ListAgents): Promise<AgentPage> {
  const enabled = query.enabled === undefined ? undefined : query.enabled === 'true'
  const filter = { search: query.search, projectId: query.projectId, enabled, reach: reachOf(actor) }
  const after = readCursor('agent', query.cursor)
  return readAs(deps, actor, async (tx) => {
    const rows = await listAgentRows(tx, filter, { after, take: query.limit + 1 })
    const total = await countAgentRows(tx, filter, countLimit)
    return toPage(rows.map(toAgent), query.limit, total)
  })
}

export function getAgent(deps: Deps, actor: Actor, id: string): Promise<Agent> {
  return readAs(deps, actor, async (tx) => toAgent(present(actor, await findAgent(tx, id))))
}

export function getAgentImpact(deps: Deps, actor: Actor, id: string): Promise<AgentImpact> {
  return readAs(deps, actor, async (tx) => {
    present(actor, await findAgent(tx, id))
    const impact = await readImpact(tx, actor.organizationId, { dimension: 'agent', id }, deps.databaseTime.now())
    return { agentId: id, ...(await countDependents(tx, id, deps.clock.now())), ...impact }
  })
}

export function createAgent(deps: Deps, actor: Actor, input: CreateAgent): Promise<Agent> {
  return writeAs(deps, actor, async (tx) => {
    await requireProject(tx, actor, input.projectId)
    const ownerMemberId = input.ownerMemberId === undefined ? (actor.memberId ?? null) : input.ownerMemberId
    await requireMember(tx, ownerMemberId)
    const now = deps.clock.now()
    const values = { organizationId: actor.organizationId, id: newId('agent'), ownerMemberId, createdAt: now, updatedAt: now }
    const agent = toAgent(await insertAgent(tx, { ...input, ...values }))
    await announceChange(tx, actor, agent)
    await recordAudit(tx, deps.clock, actor, { action: 'agent.created', resource: { kind: 'agent', id: agent.id }, after: agent })
    return agent
  })
}

export function updateAgent(deps: Deps, actor: Actor, id: string, change: UpdateAgent): Promise<Agent> {
  return writeAs(deps, actor, async (tx) => {
    const before = toAgent(present(actor, await lockAgent(tx, id)))
    await requireMember(tx, change.ownerMemberId ?? null)
    const data = { ...presentFields(change), updatedAt: deps.clock.now() }
    const after = toAgent(await updateAgentRow(tx, actor.organizationId, id, data))
    await announceChange(tx, actor, after)
    if (before.enabled && !after.enabled) await announceStop(tx, actor, after, 'disabled')
    await recordAudit(tx, deps.clock, actor, { action: 'agent.updated', resource: { kind: 'agent', id }, before, after })
    return after
  })
}

export function deleteAgent(deps: Deps, actor: Actor, id: string): Promise<void> {
  return writeAs(deps, actor, async (tx) => {
    const before = toAgent(present(actor, await lockAgent(tx, id)))
    const now = deps.clock.now()
    await updateAgentRow(tx, actor.organizationId, id, { deletedAt: now })
    await deleteDependents(tx, id, now)
    await announceChange(tx, actor, before)
    await announceStop(tx, actor, before, 'deleted')
    await recordAudit(tx, deps.clock, actor, { action: 'agent.deleted', resource: { kind: 'agent', id }, before })
  })
}

/** The agent that a body names: alive, in reach, and alive until the transaction ends. */
export async function requireAgent(tx: Tx, actor: Actor, id: string, field = 'agentId'): Promise<Agent> {
  const row = await holdAgent(tx, id)
  if (!row || !isInReach(actor, row.project.teamId)) throw absentField(field)
  return toAgent(row)
}

async function requireMember(tx: Tx, memberId: string | null): Promise<void> {
  if (memberId !== null && !(await holdMember(tx, memberId))) throw absentField('ownerMemberId')
}

/** Every replica forgets what it knew of the agent: credentials, rules, policy. */
function announceChange(tx: Tx, actor: Actor, agent: Agent): Promise<void> {
  return recordChange(tx, { organizationId: actor.organizationId, kind: 'agent.changed', payload: { agentId: agent.id } })
}

async function announceStop(tx: Tx, actor: Actor, agent: Agent, how: 'disabled' | 'deleted'): Promise<void> {
  const payload = { name: agent.name, projectId: agent.projectId, how }
  await recordEvent(tx, actor.organizationId, { kind: 'security.agent_disabled', resource: { kind: 'agent', id: agent.id }, payload })
}

function present(actor: Actor, row: AgentRow | null): AgentRow {
  if (!row) throw new AppError('not_found')
  assertInReach(actor, row.project.teamId)
  return row
}
