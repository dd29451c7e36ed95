import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { roles } from './permissions'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

export const Member = z.object({
  id: Id('member'),
  userId: Id('user'),
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  teamIds: z.array(Id('team')),
  lastActiveAt: Timestamp.nullable(),
  createdAt: Timestamp,
})
export type Member = z.infer<typeof Member>

export const UpdateMember = z.strictObject({ role: z.enum(roles) })
export type UpdateMember = z.infer<typeof UpdateMember>

export const ListMembers = ListQuery.extend({
  search: Text(120).optional().describe('Only members whose name or address holds this text.'),
  role: z.enum(roles).optional(),
  teamId: Id('team').optional(),
})
export type ListMembers = z.infer<typeof ListMembers>
export const MemberPage = listOf(Member)
export type MemberPage = z.infer<typeof MemberPage>

const MemberParams = z.strictObject({ memberId: Id('member') })

const example: Member = {
  id: 'mem_01jd2f8m3n6q9rkvwxyz012345',
  userId: 'usr_01jd2f8m3n6q9rkvwxyz012345',
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  role: 'manager',
  teamIds: [],
  lastActiveAt: null,
  createdAt: '2026-11-21T10:00:00.000Z',
}
const shared = { tag: 'Members', authentication: 'credential', tenant: 'organization', errors: ['not_found'] } as const

export const listMembers = defineEndpoint({
  ...shared,
  id: 'listMembers',
  method: 'GET',
  path: '/api/v1/members',
  summary: 'List members',
  permission: 'members.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListMembers },
  response: { status: 200, schema: MemberPage },
  errors: ['invalid_cursor'],
  example: { query: { role: 'manager', limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const getMember = defineEndpoint({
  ...shared,
  id: 'getMember',
  method: 'GET',
  path: '/api/v1/members/{memberId}',
  summary: 'Get a member',
  permission: 'members.read',
  audit: 'none',
  rateLimit: 'read',
  request: { params: MemberParams },
  response: { status: 200, schema: Member },
  example: { params: { memberId: example.id }, response: example },
})

export const updateMember = defineEndpoint({
  ...shared,
  id: 'updateMember',
  method: 'PATCH',
  path: '/api/v1/members/{memberId}',
  summary: 'Change the role of a member',
  description:
    'Nobody gives a role above their own. The member signs in again with the new role, and platform keys that they made grant no more than it.',
  permission: 'members.write',
  audit: 'member.updated',
  rateLimit: 'write',
  request: { params: MemberParams, body: UpdateMember },
  response: { status: 200, schema: Member },
  errors: ['not_found', 'last_owner'],
  stepUp: true,
  example: { params: { memberId: example.id }, body: { role: 'viewer' }, response: { ...example, role: 'viewer' } },
})

export const leaveOrganization = defineEndpoint({
  tag: 'Members',
  id: 'leaveOrganization',
  method: 'DELETE',
  path: '/api/v1/members/me',
  summary: 'Leave the organization',
  description:
    'Own sessions in this organization end at once. What one made stays, platform keys included. The last Owner makes somebody else an Owner first.',
  authentication: 'person',
  tenant: 'none',
  permission: 'account.write',
  audit: 'member.left',
  rateLimit: 'write',
  request: {},
  response: { status: 204 },
  errors: ['last_owner'],
  stepUp: true,
  example: {},
})

export const removeMember = defineEndpoint({
  ...shared,
  id: 'removeMember',
  method: 'DELETE',
  path: '/api/v1/members/{memberId}',
  summary: 'Remove a member',
  description:
    'Their sessions in this organization end at once. What they made stays: platform keys go on with the role they had last, until revoked.',
  permission: 'members.write',
  audit: 'member.removed',
  rateLimit: 'write',
  request: { params: MemberParams },
  response: { status: 204 },
  errors: ['not_found', 'last_owner'],
  stepUp: true,
  example: { params: { memberId: example.id } },
})
