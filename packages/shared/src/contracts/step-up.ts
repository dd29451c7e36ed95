import { z } from 'zod'
import { examplePassword, Password } from './account'
import { defineEndpoint } from './endpoint'
import { BackupCode, PasskeyAssertion, TotpCode } from './factors'

export const factorKinds = ['password', 'totp', 'passkey', 'backup-code'] as const
export type FactorKind = (typeof factorKinds)[number]

export const Factor = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('password'), password: Password }),
  z.strictObject({ kind: z.literal('totp'), code: TotpCode }),
  z.strictObject({ kind: z.literal('backup-code'), code: BackupCode }),
  z.strictObject({ kind: z.literal('passkey'), response: PasskeyAssertion }),
])
export type Factor = z.infer<typeof Factor>

export const StepUp = z.strictObject({
  endpoint: z.string().min(1).max(64).describe('The id of the operation, such as removeMember.'),
  object: z.string().min(1).max(128).optional().describe('The id in the path of that operation, where it has one.'),
  factor: Factor,
})
export type StepUp = z.infer<typeof StepUp>

export const StepUpToken = z.object({
  token: z.string().describe('Send it once, as x-keylease-step-up.'),
  expiresInMs: z.number().int().min(0).max(300_000),
})
export type StepUpToken = z.infer<typeof StepUpToken>

export const stepUp = defineEndpoint({
  id: 'stepUp',
  method: 'POST',
  path: '/api/v1/step-up',
  tag: 'Account',
  summary: 'Show a fresh factor',
  description:
    'A passkey or a code where the person has one, else the password. The token is good once, for this session, operation and object. The session goes on under a new id.',
  authentication: 'person',
  permission: 'account.write',
  tenant: 'organization',
  audit: 'step_up.confirmed',
  rateLimit: 'write',
  request: { body: StepUp },
  response: { status: 201, schema: StepUpToken },
  errors: ['factor_refused', 'locked_out', 'overloaded'],
  secretResponse: true,
  example: {
    body: {
      endpoint: 'removeMember',
      object: 'mem_01jd2f8m3n6q9rkvwxyz012345',
      factor: { kind: 'password', password: examplePassword },
    },
    response: { token: 'q7Zr2mWk9Lx4Vb8Tn3Yc6Pd1Hf5Jg0Ks2QwErTyUiOp', expiresInMs: 300_000 },
  },
})
