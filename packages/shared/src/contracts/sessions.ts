import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Id, ListQuery, listOf, Timestamp } from './values'

export const Session = z.object({
  id: Id('session'),
  userId: Id('user'),
  organizationId: Id('organization'),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  isCurrent: z.boolean(),
  seenAt: Timestamp,
  createdAt: Timestamp,
  expiresAt: Timestamp,
})
export type Session = z.infer<typeof Session>

export const ListSessions = ListQuery.extend({
  memberId: Id('member')
    .optional()
    .describe('The sessions of this member here. Without it: own ones, or for a key all of the organization.'),
})
export type ListSessions = z.infer<typeof ListSessions>
export const SessionPage = listOf(Session)
export type SessionPage = z.infer<typeof SessionPage>

export const SwitchOrganization = z.strictObject({ organizationId: Id('organization') })
export type SwitchOrganization = z.infer<typeof SwitchOrganization>

const example: Session = {
  id: 'ses_01jd2f8m3n6q9rkvwxyz012345',
  userId: 'usr_01jd2f8m3n6q9rkvwxyz012345',
  organizationId: 'org_01jd2f8m3n6q9rkvwxyz012345',
  address: '203.0.113.7',
  userAgent: 'Mozilla/5.0',
  isCurrent: false,
  seenAt: '2026-11-21T10:05:00.000Z',
  createdAt: '2026-11-21T10:00:00.000Z',
  expiresAt: '2026-11-22T10:00:00.000Z',
}
const shared = { tag: 'Sessions', authentication: 'credential', tenant: 'organization' } as const

export const listSessions = defineEndpoint({
  ...shared,
  id: 'listSessions',
  method: 'GET',
  path: '/api/v1/sessions',
  summary: 'List sessions',
  description: 'Own sessions. Owners and Admins may name a member.',
  permission: 'sessions.read',
  audit: 'none',
  rateLimit: 'read',
  request: { query: ListSessions },
  response: { status: 200, schema: SessionPage },
  errors: ['invalid_cursor', 'not_found'],
  example: { query: { limit: '20' }, response: { items: [example], nextCursor: null, total: 1 } },
})

export const endSession = defineEndpoint({
  ...shared,
  id: 'endSession',
  method: 'DELETE',
  path: '/api/v1/sessions/{sessionId}',
  summary: 'End a session',
  description: 'One of the own ones; Owners and Admins end any of the organization.',
  permission: 'sessions.write',
  audit: 'session.ended',
  rateLimit: 'write',
  request: { params: z.strictObject({ sessionId: Id('session') }) },
  response: { status: 204 },
  errors: ['not_found'],
  example: { params: { sessionId: example.id } },
})

export const switchOrganization = defineEndpoint({
  ...shared,
  id: 'switchOrganization',
  method: 'POST',
  path: '/api/v1/sessions/current/organization',
  summary: 'Work in another organization',
  description: 'The session goes on under a new id, in an organization that the person is a member of.',
  authentication: 'person',
  permission: 'sessions.write',
  audit: 'session.switched',
  rateLimit: 'write',
  request: { body: SwitchOrganization },
  response: { status: 200, schema: Session },
  errors: ['not_found'],
  example: { body: { organizationId: example.organizationId }, response: { ...example, isCurrent: true } },
})
