import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Environment, Id, ListQuery, listOf, Text, Timestamp } from './values'

export const Project = z.object({
  id: Id('project'),
  name: z.string(),
  environment: Environment,
  costCentre: z.string().nullable(),
  teamId: Id('team').nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Project = z.infer<typeof Project>

export const CreateProject = z.strictObject({
  name: Text(120),
  environment: Environment.default('development'),
  costCentre: Text(60).nullable().default(null),
  teamId: Id('team').nullable().default(null).describe('The team that the project belongs to. Whoever works in teams names one of theirs.'),
})
export type CreateProject = z.infer<typeof CreateProject>

export const UpdateProject = z
  .strictObject({
    name: Text(120).optional(),
    environment: Environment.optional(),
    costCentre: Text(60).nullable().optional(),
    teamId: Id('team').nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateProject = z.infer<typeof UpdateProject>

export const ListProjects = ListQuery.extend({
  search: Text(120).optional().describe('Only projects whose name holds this text.'),
  environment: Environment.optional(),
  teamId: Id('team').optional().describe('Only projects of this team.'),
})
export type ListProjects = z.infer<typeof ListProjects>

export const ProjectPage = listOf(Project)
export type ProjectPage = z.infer<typeof ProjectPage>

const ProjectParams = z.strictObject({ projectId: Id('project') })

const example: Project = {
  id: 'prj_01jd2f8m3n6q9rkvwxyz012345',
  name: 'checkout',
  environment: 'production',
  costCentre: 'shop-eu',
  teamId: null,
  createdAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
}

const shared = { tag: 'Projects', authentication: 'credential', tenant: 'organization' } as const

export const listProjects = defineEndpoint({
  ...shared,
  id: 'listProjects',
  method: 'GET',
  path: '/api/v1/projects',
  summary: 'List projects',
  description: 'Newest first. A project groups the agents of one product in one environment.',
  permission: 'projects.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListProjects },
  response: { status: 200, schema: ProjectPage },
  errors: ['invalid_cursor'],
  example: { query: { environment: 'production', limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createProject = defineEndpoint({
  ...shared,
  id: 'createProject',
  method: 'POST',
  path: '/api/v1/projects',
  summary: 'Create a project',
  permission: 'projects.write',
  audit: 'project.created',
  rateLimit: 'write',
  request: { body: CreateProject },
  response: { status: 201, schema: Project },
  errors: ['not_found'],
  example: { body: { name: 'checkout', environment: 'production', costCentre: 'shop-eu' }, response: example },
})

export const getProject = defineEndpoint({
  ...shared,
  id: 'getProject',
  method: 'GET',
  path: '/api/v1/projects/{projectId}',
  summary: 'Get a project',
  permission: 'projects.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: ProjectParams },
  response: { status: 200, schema: Project },
  errors: ['not_found'],
  example: { params: { projectId: example.id }, response: example },
})

export const updateProject = defineEndpoint({
  ...shared,
  id: 'updateProject',
  method: 'PATCH',
  path: '/api/v1/projects/{projectId}',
  summary: 'Change a project',
  description: 'Only the fields that are sent change.',
  permission: 'projects.write',
  audit: 'project.updated',
  rateLimit: 'write',
  request: { params: ProjectParams, body: UpdateProject },
  response: { status: 200, schema: Project },
  errors: ['not_found'],
  example: { params: { projectId: example.id }, body: { costCentre: 'shop-us' }, response: { ...example, costCentre: 'shop-us' } },
})

export const deleteProject = defineEndpoint({
  ...shared,
  id: 'deleteProject',
  method: 'DELETE',
  path: '/api/v1/projects/{projectId}',
  summary: 'Delete a project',
  description:
    'The project leaves every list at once; one that has agents is refused. What it spent stays in the ledger and in the audit trail.',
  permission: 'projects.write',
  audit: 'project.deleted',
  rateLimit: 'write',
  request: { params: ProjectParams },
  response: { status: 204 },
  errors: ['not_found', 'project_in_use'],
  example: { params: { projectId: example.id } },
})
