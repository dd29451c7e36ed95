import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { GrantRestrictions, RestrictionChanges } from './grant-restrictions'
import { roles } from './permissions'
import { Id, ListQuery, listOf, Timestamp } from './values'

export const grantLevels = ['lease', 'manage'] as const
export const keyCategories = ['llm', 'financial-data', 'search', 'other'] as const

const ProviderId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/)
  .meta({ example: 'openai' })
const Tag = z.string().trim().min(1).max(60)

const subjects = {
  agentId: Id('agent').optional(),
  projectId: Id('project').optional(),
  teamId: Id('team').optional(),
  memberId: Id('member').optional(),
  role: z.enum(roles).optional(),
}
const targets = {
  keyId: Id('providerKey').optional(),
  provider: ProviderId.optional().describe('Every key of this provider.'),
  category: z.enum(keyCategories).optional().describe('Every key of this category.'),
  tag: Tag.optional().describe('Every key with this tag.'),
}
const countOf = (fields: object, value: Record<string, unknown>) => Object.keys(fields).filter((name) => value[name] !== undefined).length

export const Grant = z.object({
  id: Id('grant'),
  agentId: Id('agent').nullable(),
  projectId: Id('project').nullable(),
  teamId: Id('team').nullable(),
  memberId: Id('member').nullable(),
  role: z.enum(roles).nullable(),
  keyId: Id('providerKey').nullable(),
  provider: z.string().nullable(),
  category: z.enum(keyCategories).nullable(),
  tag: z.string().nullable(),
  level: z.enum(grantLevels),
  ...GrantRestrictions.shape,
  expiresAt: Timestamp.nullable(),
  grantedBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Grant = z.infer<typeof Grant>

export const CreateGrant = z
  .strictObject({
    ...subjects,
    ...targets,
    level: z.enum(grantLevels).default('lease').describe('lease: agents may use the key. manage: people may change, rotate and revoke it.'),
    ...RestrictionChanges,
  })
  .refine((grant) => countOf(subjects, grant) === 1, 'must name exactly one of agentId, projectId, teamId, memberId, role: who is granted')
  .refine((grant) => countOf(targets, grant) === 1, 'must name exactly one of keyId, provider, category, tag: what is granted')
  .refine((grant) => grant.level === 'lease' || (grant.agentId ?? grant.projectId) === undefined, {
    path: ['level'],
    message: 'must be lease for an agent or a project: people manage keys, so name a team, a member or a role',
  })
export type CreateGrant = z.infer<typeof CreateGrant>

export const UpdateGrant = z
  .strictObject(RestrictionChanges)
  .refine((change) => Object.keys(change).length > 0, 'must change at least one field')
  .meta({ minProperties: 1 })
export type UpdateGrant = z.infer<typeof UpdateGrant>

export const ListGrants = ListQuery.extend({
  ...subjects,
  ...targets,
  level: z.enum(grantLevels).optional(),
}).describe('Only grants that name exactly this.')
export type ListGrants = z.infer<typeof ListGrants>

export const GrantPage = listOf(Grant)
export type GrantPage = z.infer<typeof GrantPage>

const GrantParams = z.strictObject({ grantId: Id('grant') })

const example: Grant = {
  id: 'grant_01jd2f8m3n6q9rkvwxyz012345',
  agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345',
  projectId: null,
  teamId: null,
  memberId: null,
  role: null,
  keyId: null,
  provider: 'openai',
  category: null,
  tag: null,
  level: 'lease',
  priority: 0,
  models: ['gpt-5-mini'],
  operations: [],
  environments: [],
  addresses: [],
  hours: null,
  maxTtlSeconds: 900,
  requestsPerMinute: null,
  tokensPerMinute: null,
  defaultMaxOutputTokens: 1024,
  expiresAt: null,
  grantedBy: 'bootstrap',
  createdAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
}

const shared = { tag: 'Grants', authentication: 'credential', tenant: 'organization' } as const

export const listGrants = defineEndpoint({
  ...shared,
  id: 'listGrants',
  method: 'GET',
  path: '/api/v1/grants',
  summary: 'List grants',
  description: 'Newest first. Each filter names one subject or one target exactly.',
  permission: 'grants.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListGrants },
  response: { status: 200, schema: GrantPage },
  errors: ['invalid_cursor'],
  example: { query: { provider: 'openai', limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createGrant = defineEndpoint({
  ...shared,
  id: 'createGrant',
  method: 'POST',
  path: '/api/v1/grants',
  summary: 'Grant the use of provider keys',
  description:
    'One subject, one target, and the restrictions under which it holds. What is left out restricts nothing. An agent may use what is granted to it, to its project or to its team.',
  permission: 'grants.write',
  audit: 'grant.created',
  rateLimit: 'write',
  request: { body: CreateGrant },
  response: { status: 201, schema: Grant },
  errors: ['not_found'],
  example: {
    body: { agentId: example.agentId, provider: 'openai', models: ['gpt-5-mini'], maxTtlSeconds: 900, defaultMaxOutputTokens: 1024 },
    response: example,
  },
})

export const getGrant = defineEndpoint({
  ...shared,
  id: 'getGrant',
  method: 'GET',
  path: '/api/v1/grants/{grantId}',
  summary: 'Get a grant',
  permission: 'grants.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: GrantParams },
  response: { status: 200, schema: Grant },
  errors: ['not_found'],
  example: { params: { grantId: example.id }, response: example },
})

export const updateGrant = defineEndpoint({
  ...shared,
  id: 'updateGrant',
  method: 'PATCH',
  path: '/api/v1/grants/{grantId}',
  summary: 'Change the restrictions of a grant',
  description: 'Only the fields that are sent change; null lifts a restriction. Who is granted what stays: make another grant for that.',
  permission: 'grants.write',
  audit: 'grant.updated',
  rateLimit: 'write',
  request: { params: GrantParams, body: UpdateGrant },
  response: { status: 200, schema: Grant },
  errors: ['not_found'],
  example: {
    params: { grantId: example.id },
    body: { models: ['gpt-5*'], maxTtlSeconds: null },
    response: { ...example, models: ['gpt-5*'], maxTtlSeconds: null },
  },
})

export const deleteGrant = defineEndpoint({
  ...shared,
  id: 'deleteGrant',
  method: 'DELETE',
  path: '/api/v1/grants/{grantId}',
  summary: 'Withdraw a grant',
  permission: 'grants.write',
  audit: 'grant.deleted',
  rateLimit: 'write',
  request: { params: GrantParams },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params: { grantId: example.id } },
})
