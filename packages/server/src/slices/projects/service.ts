import type { CreateProject, ListProjects, Project, ProjectPage, UpdateProject } from '@keylease/shared/contracts/projects'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { toProject } from './mapping'
import { countProjectRows, findProject, insertProject, listProjectRows, lockProject, updateProjectRow } from './queries'

export function listProjectPage(deps: Deps, actor: Actor, query: ListProjects): Promise<ProjectPage> {
  const filter = { search: query.search, environment: query.environment }
  const after = readCursor('project', query.cursor)
  return readAs(deps, actor, async (tx) => {
    const rows = await listProjectRows(tx, filter, { after, take: query.limit + 1 })
    const total = await countProjectRows(tx, filter, countLimit)
    return toPage(rows.map(toProject), query.limit, total)
  })
}

export function getProject(deps: Deps, actor: Actor, id: string): Promise<Project> {
  return readAs(deps, actor, async (tx) => {
    const row = await findProject(tx, id)
    if (!row) throw new AppError('not_found')
    return toProject(row)
  })
}

export function createProject(deps: Deps, actor: Actor, input: CreateProject): Promise<Project> {
  return writeAs(deps, actor, async (tx) => {
    const now = deps.clock.now()
    const values = { organizationId: actor.organizationId, id: newId('project'), createdAt: now, updatedAt: now }
    const project = toProject(await insertProject(tx, { ...input, ...values }))
    await recordAudit(tx, deps.clock, actor, { action: 'project.created', resource: { kind: 'project', id: project.id }, after: project })
    return project
  })
}

export function updateProject(deps: Deps, actor: Actor, id: string, change: UpdateProject): Promise<Project> {
  return writeAs(deps, actor, async (tx) => {
    const row = await lockProject(tx, id)
    if (!row) throw new AppError('not_found')
    const data = { ...presentFields(change), updatedAt: deps.clock.now() }
    const after = toProject(await updateProjectRow(tx, actor.organizationId, id, data))
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
    const row = await lockProject(tx, id)
    if (!row) throw new AppError('not_found')
    await updateProjectRow(tx, actor.organizationId, id, { deletedAt: deps.clock.now() })
    await recordAudit(tx, deps.clock, actor, { action: 'project.deleted', resource: { kind: 'project', id }, before: toProject(row) })
  })
}
