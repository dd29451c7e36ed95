import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

export const Team = z.object({
  id: Id('team'),
  name: z.string(),
  memberCount: z.number().int().min(0).max(100_000),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Team = z.infer<typeof Team>

export const CreateTeam = z.strictObject({ name: Text(120) })
export type CreateTeam = z.infer<typeof CreateTeam>
export const UpdateTeam = z.strictObject({ name: Text(120) })
export type UpdateTeam = z.infer<typeof UpdateTeam>
export const ListTeams = ListQuery.extend({ search: Text(120).optional().describe('Only teams whose name holds this text.') })
export type ListTeams = z.infer<typeof ListTeams>
export const TeamPage = listOf(Team)
export type TeamPage = z.infer<typeof TeamPage>

const TeamParams = z.strictObject({ teamId: Id('team') })
const TeamMemberParams = z.strictObject({ teamId: Id('team'), memberId: Id('member') })
export type TeamMemberParams = z.infer<typeof TeamMemberParams>

const example: Team = {
  id: 'team_01jd2f8m3n6q9rkvwxyz012345',
  name: 'Payments',
  memberCount: 0,
  createdAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
}
const shared = { tag: 'Members', authentication: 'credential', tenant: 'organization', errors: ['not_found'] } as const
const write = { ...shared, permission: 'teams.write', rateLimit: 'write' } as const
const place = { teamId: example.id, memberId: 'mem_01jd2f8m3n6q9rkvwxyz012345' }

export const listTeams = defineEndpoint({
  ...shared,
  id: 'listTeams',
  method: 'GET',
  path: '/api/v1/teams',
  summary: 'List teams',
  permission: 'members.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListTeams },
  response: { status: 200, schema: TeamPage },
  errors: ['invalid_cursor'],
  example: { query: { limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createTeam = defineEndpoint({
  ...write,
  id: 'createTeam',
  method: 'POST',
  path: '/api/v1/teams',
  summary: 'Create a team',
  audit: 'team.created',
  request: { body: CreateTeam },
  response: { status: 201, schema: Team },
  errors: [],
  example: { body: { name: 'Payments' }, response: example },
})

export const getTeam = defineEndpoint({
  ...shared,
  id: 'getTeam',
  method: 'GET',
  path: '/api/v1/teams/{teamId}',
  summary: 'Get a team',
  permission: 'members.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: TeamParams },
  response: { status: 200, schema: Team },
  example: { params: { teamId: example.id }, response: example },
})

export const updateTeam = defineEndpoint({
  ...write,
  id: 'updateTeam',
  method: 'PATCH',
  path: '/api/v1/teams/{teamId}',
  summary: 'Rename a team',
  audit: 'team.updated',
  request: { params: TeamParams, body: UpdateTeam },
  response: { status: 200, schema: Team },
  example: { params: { teamId: example.id }, body: { name: 'Billing' }, response: { ...example, name: 'Billing' } },
})

export const deleteTeam = defineEndpoint({
  ...write,
  id: 'deleteTeam',
  method: 'DELETE',
  path: '/api/v1/teams/{teamId}',
  summary: 'Delete a team',
  description: 'Its members stay in the organization. A team that has projects is kept.',
  audit: 'team.deleted',
  request: { params: TeamParams },
  response: { status: 204 },
  errors: ['not_found', 'team_in_use'],
  example: { params: { teamId: example.id } },
})

export const addTeamMember = defineEndpoint({
  ...write,
  id: 'addTeamMember',
  method: 'PUT',
  path: '/api/v1/teams/{teamId}/members/{memberId}',
  summary: 'Put a member into a team',
  audit: 'team.member_added',
  request: { params: TeamMemberParams },
  response: { status: 204 },
  example: { params: place },
})

export const removeTeamMember = defineEndpoint({
  ...write,
  id: 'removeTeamMember',
  method: 'DELETE',
  path: '/api/v1/teams/{teamId}/members/{memberId}',
  summary: 'Take a member out of a team',
  audit: 'team.member_removed',
  request: { params: TeamMemberParams },
  response: { status: 204 },
  example: { params: place },
})
