import * as contract from '@keylease/shared/contracts/projects'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { createProject, deleteProject, getProject, listProjectPage, updateProject } from './service'

export const projectRoutes = (deps: Deps): Route[] => [
  handle(contract.listProjects, ({ actor, query }) => listProjectPage(deps, actor, query)),
  handle(contract.createProject, ({ actor, body }) => createProject(deps, actor, body)),
  handle(contract.getProject, ({ actor, params }) => getProject(deps, actor, params.projectId)),
  handle(contract.updateProject, ({ actor, params, body }) => updateProject(deps, actor, params.projectId, body)),
  handle(contract.deleteProject, ({ actor, params }) => deleteProject(deps, actor, params.projectId)),
]
