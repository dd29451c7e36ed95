import { z } from 'zod'
import { examplePerson, open } from './account'
import { defineEndpoint } from './endpoint'
import { Email, Id, NewPassword, Text } from './values'

/** The token of a link of ours. */
export const LinkToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be the token of a link')

export const CreateOwner = z.strictObject({ token: LinkToken, name: Text(120), email: Email, password: NewPassword })
export type CreateOwner = z.infer<typeof CreateOwner>

export const Owner = z.object({ userId: Id('user'), memberId: Id('member'), organizationId: Id('organization') })
export type Owner = z.infer<typeof Owner>

export const exampleToken = 'q7Zr2mWk9Lx4Vb8Tn3Yc6Pd1Hf5Jg0Ks2QwErTyUiOp'

export const createOwner = defineEndpoint({
  ...open,
  id: 'createOwner',
  method: 'POST',
  path: '/api/v1/owner',
  summary: 'Become the Owner',
  description: 'Spends the one-time link that the first start, or "keylease owner link", prints.',
  audit: 'member.created',
  request: { body: CreateOwner },
  response: { status: 201, schema: Owner },
  errors: ['link_spent', 'member_exists', 'overloaded'],
  example: {
    body: { token: exampleToken, name: 'Grace Hopper', email: 'grace@example.com', password: 'a long enough password' },
    response: {
      userId: examplePerson.id,
      memberId: 'mem_01jd2f8m3n6q9rkvwxyz012345',
      organizationId: 'org_01jd2f8m3n6q9rkvwxyz012345',
    },
  },
})

const page = {
  ...open,
  tag: 'Service',
  audit: 'none',
  request: {},
  response: { status: 200, contentType: 'text/html; charset=utf-8' },
} as const

export const getWelcome = defineEndpoint({
  ...page,
  id: 'getWelcome',
  method: 'GET',
  path: '/welcome',
  summary: 'The page that the owner link opens',
  request: { query: z.strictObject({ token: LinkToken.optional() }) },
  example: { query: { token: exampleToken }, response: '<!doctype html>…' },
})

export const getInvite = defineEndpoint({
  ...page,
  id: 'getInvite',
  method: 'GET',
  path: '/invite',
  summary: 'The page that an invitation opens',
  request: { query: z.strictObject({ token: LinkToken.optional() }) },
  example: { query: { token: exampleToken }, response: '<!doctype html>…' },
})

export const getReset = defineEndpoint({
  ...page,
  id: 'getReset',
  method: 'GET',
  path: '/reset-password',
  summary: 'The page that a reset link opens',
  request: { query: z.strictObject({ token: z.string().min(16).max(128).optional() }) },
  example: { query: { token: 'q7Zr2mWk9Lx4Vb8Tn3Yc6Pd1' }, response: '<!doctype html>…' },
})
