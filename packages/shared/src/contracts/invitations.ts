import { z } from 'zod'
import { open } from './account'
import { defineEndpoint } from './endpoint'
import { exampleToken, LinkToken } from './owner'
import { roles } from './permissions'
import { Email, Id, ListQuery, listOf, NewPassword, Text, Timestamp } from './values'

export const Invitation = z.object({
  id: Id('invitation'),
  email: z.string(),
  role: z.enum(roles),
  teamIds: z.array(Id('team')),
  status: z.enum(['pending', 'accepted', 'expired', 'revoked']),
  invitedBy: z.string(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
})
export type Invitation = z.infer<typeof Invitation>

export const CreatedInvitation = Invitation.extend({ link: z.string().describe('Shown once. Give it to the person.') })
export type CreatedInvitation = z.infer<typeof CreatedInvitation>

export const CreateInvitation = z.strictObject({
  email: Email,
  role: z.enum(roles).default('user'),
  teamIds: z.array(Id('team')).max(50).default([]),
})
export type CreateInvitation = z.infer<typeof CreateInvitation>

export const ListInvitations = ListQuery.extend({ status: Invitation.shape.status.optional() })
export type ListInvitations = z.infer<typeof ListInvitations>
export const InvitationPage = listOf(Invitation)
export type InvitationPage = z.infer<typeof InvitationPage>

export const AcceptInvitation = z.strictObject({
  token: LinkToken,
  name: Text(120).optional().describe('For a person who has no account yet.'),
  password: NewPassword.optional().describe('For a person who has no account yet; the others sign in first.'),
})
export type AcceptInvitation = z.infer<typeof AcceptInvitation>

export const AcceptedInvitation = z.object({ memberId: Id('member'), organizationId: Id('organization'), userId: Id('user') })
export type AcceptedInvitation = z.infer<typeof AcceptedInvitation>

const example: Invitation = {
  id: 'inv_01jd2f8m3n6q9rkvwxyz012345',
  email: 'ada@example.com',
  role: 'user',
  teamIds: [],
  status: 'pending',
  invitedBy: 'bootstrap',
  createdAt: '2026-11-21T10:00:00.000Z',
  expiresAt: '2026-11-28T10:00:00.000Z',
}
const shared = { tag: 'Members', authentication: 'credential', tenant: 'organization', permission: 'members.write' } as const

export const listInvitations = defineEndpoint({
  ...shared,
  id: 'listInvitations',
  method: 'GET',
  path: '/api/v1/invitations',
  summary: 'List invitations',
  permission: 'members.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListInvitations },
  response: { status: 200, schema: InvitationPage },
  errors: ['invalid_cursor'],
  example: { query: { status: 'pending', limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const createInvitation = defineEndpoint({
  ...shared,
  id: 'createInvitation',
  method: 'POST',
  path: '/api/v1/invitations',
  summary: 'Invite a person',
  description:
    'Answers a link that is good for seven days; with KEYLEASE_SMTP_URL it is mailed as well. Nobody gives a role above their own.',
  audit: 'invitation.created',
  rateLimit: 'write',
  request: { body: CreateInvitation },
  response: { status: 201, schema: CreatedInvitation },
  errors: ['not_found', 'member_exists'],
  secretResponse: true,
  example: {
    body: { email: 'ada@example.com', role: 'user' },
    response: { ...example, link: `http://127.0.0.1:4500/invite?token=${exampleToken}` },
  },
})

export const revokeInvitation = defineEndpoint({
  ...shared,
  id: 'revokeInvitation',
  method: 'DELETE',
  path: '/api/v1/invitations/{invitationId}',
  summary: 'Revoke an invitation',
  audit: 'invitation.revoked',
  rateLimit: 'write',
  request: { params: z.strictObject({ invitationId: Id('invitation') }) },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params: { invitationId: example.id } },
})

export const acceptInvitation = defineEndpoint({
  ...open,
  tag: 'Members',
  id: 'acceptInvitation',
  method: 'POST',
  path: '/api/v1/invitations/accept',
  summary: 'Accept an invitation',
  description: 'Makes the account of a new person. A person who has one signs in first and sends the token alone.',
  audit: 'member.created',
  request: { body: AcceptInvitation },
  response: { status: 201, schema: AcceptedInvitation },
  errors: ['link_spent', 'member_exists', 'sign_in_failed', 'overloaded'],
  example: {
    body: { token: exampleToken, name: 'Ada Lovelace', password: 'a long enough password' },
    response: {
      memberId: 'mem_01jd2f8m3n6q9rkvwxyz012345',
      organizationId: 'org_01jd2f8m3n6q9rkvwxyz012345',
      userId: 'usr_01jd2f8m3n6q9rkvwxyz012345',
    },
  },
})
