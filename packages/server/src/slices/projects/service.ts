import type { CreateProject, ListProjects, Project, ProjectPage, UpdateProject } from '@keylease/shared/contracts/projects'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { absentField, assertInReach, isInReach, reachOf, requireOwnTeam } from '../../platform/reach'
import type { Tx } from '../../platform/tenancy'
import { toProject } from './mapping'
import {
  countLiveAgents,
  countProjectRows,
  deleteGrantsOf,
  findProject,
  holdProject,
  insertProject,
  listProjectRows,
  lockProject,
  type ProjectRow,
  updateProjectRow,
} from './queries'

export function listProjectPage(deps: Deps, actor: Actor, query: ListProjects): Promise<ProjectPage> {
  const filter = { search: query.search, environment: query.environment, teamId: query.teamId, reach: reachOf(actor) }
  const after = readCursor('project', query.cursor)
  return readAs(deps, actor, async (tx) => {
    const rows = await listProjectRows(tx, filter, { after, take: query.limit + 1 })
    const total = await countProjectRows(tx, filter, countLimit)
    return toPage(rows.map(toProject), query.limit, total)
  })
}

export function getProject(deps: Deps, actor: Actor, id: string): Promise<Project> {
  return readAs(deps, actor, async (tx) => toProject(present(actor, await findProject(tx, id))))
}

export function createProject(deps: Deps, actor: Actor, input: CreateProject): Promise<Project> {
  return writeAs(deps, actor, async (tx) => {
    await requireOwnTeam(tx, actor, input.teamId)
    const now = deps.clock.now()
    const values = { organizationId: actor.organizationId, id: newId('project'), createdAt: now, updatedAt: now }
    const project = toProject(await insertProject(tx, { ...input, ...values }))
    await recordChange(tx, { organizationId: actor.organizationId, kind: 'project.changed', payload: { projectId: project.id } })
    await recordAudit(tx, deps.clock, actor, { action: 'project.created', resource: { kind: 'project', id: project.id }, after: project })
    return project
  })
}

export function updateProject(deps: Deps, actor: Actor, id: string, change: UpdateProject): Promise<Project> {
  return writeAs(deps, actor, async (tx) => {
    const row = present(actor, await lockProject(tx, id))
    if (change.teamId !== undefined) await requireOwnTeam(tx, actor, change.teamId)
    const data = { ...presentFields(change), updatedAt: deps.clock.now() }
    const after = toProject(await updateProjectRow(tx, actor.organizationId, id, data))
    await recordChange(tx, { organizationId: actor.organizationId, kind: 'project.changed', payload: { projectId: id } })
    await recordAudit(tx, deps.clock, actor, {
      action: 'project.updated',
      resource: { kind: 'project', id },
      before: toProject(row),
      after,
    })
    return after
  })
}

export function deleteProject(deps: Deps, actor: Actor, id: string): Promise<void> {
  return writeAs(deps, actor, async (tx) => {
    const row = present(actor, await lockProject(tx, id))
    await refuseInUse(tx, id)
    const now = deps.clock.now()
    await updateProjectRow(tx, actor.organizationId, id, { deletedAt: now })
    await deleteGrantsOf(tx, id, now)
    await recordChange(tx, { organizationId: actor.organizationId, kind: 'project.changed', payload: { projectId: id } })
    await recordAudit(tx, deps.clock, actor, { action: 'project.deleted', resource: { kind: 'project', id }, before: toProject(row) })
  })
}

/** The project that a body names: alive, in reach, and alive until the transaction ends. */
export async function requireProject(tx: Tx, actor: Actor, id: string, field = 'projectId'): Promise<Project> {
  const row = await holdProject(tx, id)
  if (!row || !isInReach(actor, row.teamId)) throw absentField(field)
  return toProject(row)
}

async function refuseInUse(tx: Tx, id: string): Promise<void> {
  const agents = await countLiveAgents(tx, id)
  if (agents === 0) return
  const message = `The project has ${agents === 1 ? 'one agent' : `${agents} agents`}. Delete ${agents === 1 ? 'it' : 'them'} first.`
  throw new AppError('project_in_use', { message, details: { agents } })
}

function present(actor: Actor, row: ProjectRow | null): ProjectRow {
  if (!row) throw new AppError('not_found')
  assertInReach(actor, row.teamId)
  return row
}
