import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { roles } from './permissions'
import { Email, Id, NewPassword, Timestamp } from './values'

/** A person's own sign-in. The paths are better-auth's; whatever else it has under /api/auth is not served. */
const shared = { tag: 'Account', tenant: 'none', errors: [] } as const
export const open = { ...shared, authentication: 'none', permission: 'none', rateLimit: 'public' } as const
export const own = { ...shared, authentication: 'person', permission: 'account.write', rateLimit: 'write' } as const

/** A password that is being shown, whatever the rules were when it was set. */
export const Password = z.string().min(1).max(128).meta({ format: 'password' })

export const Person = z.object({ id: Id('user'), name: z.string(), email: z.string(), twoFactorEnabled: z.boolean() })
export type Person = z.infer<typeof Person>

export const Done = z.object({ status: z.literal(true) })

export const SignIn = z.strictObject({ email: Email, password: Password })
export type SignIn = z.infer<typeof SignIn>

export const SignedIn = z.object({
  twoFactorRedirect: z.boolean().describe('A second factor is asked for: send it to verify-totp or verify-backup-code.'),
  twoFactorMethods: z.array(z.string()),
  user: Person.nullable(),
})
export type SignedIn = z.infer<typeof SignedIn>

export const CurrentSession = z.object({
  session: z.object({ id: Id('session'), organizationId: Id('organization'), createdAt: Timestamp, expiresAt: Timestamp }),
  user: Person,
  organizations: z.array(z.object({ id: Id('organization'), name: z.string(), memberId: Id('member'), role: z.enum(roles) })),
})
export type CurrentSession = z.infer<typeof CurrentSession>

export const ChangePassword = z.strictObject({ currentPassword: Password, newPassword: NewPassword })
export type ChangePassword = z.infer<typeof ChangePassword>

export const RequestPasswordReset = z.strictObject({ email: Email })
export type RequestPasswordReset = z.infer<typeof RequestPasswordReset>

export const ResetPassword = z.strictObject({ token: z.string().min(16).max(128), newPassword: NewPassword })
export type ResetPassword = z.infer<typeof ResetPassword>

export const examplePerson: Person = {
  id: 'usr_01jd2f8m3n6q9rkvwxyz012345',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  twoFactorEnabled: false,
}
export const examplePassword = 'a long enough password'
const done = { response: { status: 200, schema: Done } } as const
const signedIn: SignedIn = { twoFactorRedirect: false, twoFactorMethods: [], user: examplePerson }

export const signIn = defineEndpoint({
  ...open,
  id: 'signIn',
  method: 'POST',
  path: '/api/auth/sign-in/email',
  summary: 'Sign in',
  description: 'The session is a cookie. A wrong password and an unknown address are answered alike.',
  audit: 'session.created',
  request: { body: SignIn },
  response: { status: 200, schema: SignedIn },
  errors: ['sign_in_failed', 'locked_out', 'insecure_origin', 'overloaded'],
  example: { body: { email: examplePerson.email, password: examplePassword }, response: signedIn },
})

export const signOut = defineEndpoint({
  ...own,
  id: 'signOut',
  method: 'POST',
  path: '/api/auth/sign-out',
  summary: 'Sign out',
  audit: 'session.ended',
  request: {},
  ...done,
  example: { response: { status: true } },
})

export const getCurrentSession = defineEndpoint({
  ...own,
  id: 'getCurrentSession',
  method: 'GET',
  path: '/api/auth/get-session',
  summary: 'Who am I?',
  permission: 'account.read',
  audit: 'none',
  rateLimit: 'read',
  request: {},
  response: { status: 200, schema: CurrentSession },
  example: {
    response: {
      session: {
        id: 'ses_01jd2f8m3n6q9rkvwxyz012345',
        organizationId: 'org_01jd2f8m3n6q9rkvwxyz012345',
        createdAt: '2026-11-21T10:00:00.000Z',
        expiresAt: '2026-11-22T10:00:00.000Z',
      },
      user: examplePerson,
      organizations: [{ id: 'org_01jd2f8m3n6q9rkvwxyz012345', name: 'Default', memberId: 'mem_01jd2f8m3n6q9rkvwxyz012345', role: 'owner' }],
    },
  },
})

export const changePassword = defineEndpoint({
  ...own,
  id: 'changePassword',
  method: 'POST',
  path: '/api/auth/change-password',
  summary: 'Change the password',
  description: 'Ends every session of the person and begins a new one.',
  audit: 'password.changed',
  request: { body: ChangePassword },
  ...done,
  errors: ['factor_refused', 'locked_out', 'overloaded'],
  example: { body: { currentPassword: examplePassword, newPassword: 'another long password' }, response: { status: true } },
})

export const requestPasswordReset = defineEndpoint({
  ...open,
  id: 'requestPasswordReset',
  method: 'POST',
  path: '/api/auth/request-password-reset',
  summary: 'Ask for a link that resets the password',
  description: 'The link comes by mail where KEYLEASE_SMTP_URL is set; else an operator prints one with "keylease user reset EMAIL".',
  audit: 'password.reset_requested',
  request: { body: RequestPasswordReset },
  ...done,
  errors: ['locked_out'],
  example: { body: { email: examplePerson.email }, response: { status: true } },
})

export const resetPassword = defineEndpoint({
  ...open,
  id: 'resetPassword',
  method: 'POST',
  path: '/api/auth/reset-password',
  summary: 'Reset the password',
  description: 'Spends the token of the link and ends every session of the person.',
  audit: 'password.reset',
  request: { body: ResetPassword },
  ...done,
  errors: ['link_spent', 'locked_out', 'overloaded'],
  example: { body: { token: 'q7Zr2mWk9Lx4Vb8Tn3Yc6Pd1', newPassword: 'another long password' }, response: { status: true } },
})
