import { z } from 'zod'
import { Done, examplePassword, examplePerson, open, own, Password, SignedIn } from './account'
import { defineEndpoint } from './endpoint'
import { Id, Text, Timestamp } from './values'

/** Six digits of ASCII: no space, no digit of another script. */
export const TotpCode = z.string().regex(/^[0-9]{6}$/, 'must be six digits')
export const BackupCode = z.string().regex(/^[A-Za-z0-9]{5}-[A-Za-z0-9]{5}$/, 'must be a backup code such as abcde-12345')

export const ConfirmPassword = z.strictObject({ password: Password })
export type ConfirmPassword = z.infer<typeof ConfirmPassword>

export const VerifyTotp = z.strictObject({ code: TotpCode })
export type VerifyTotp = z.infer<typeof VerifyTotp>

export const VerifyBackupCode = z.strictObject({ code: BackupCode })
export type VerifyBackupCode = z.infer<typeof VerifyBackupCode>

export const EnabledTotp = z.object({
  totpURI: z.string().describe('For the authenticator app; good once verify-totp has taken a code of it.'),
  backupCodes: z.array(z.string()),
})
export const BackupCodes = z.object({ backupCodes: z.array(z.string()) })

/** What the browser's WebAuthn interface gives, as its toJSON() writes it; the parts are checked by their signature. */
const Encoded = z
  .string()
  .min(1)
  .max(16_384)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url')
const credentialFields = {
  id: Encoded,
  rawId: Encoded,
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(32).nullish(),
  clientExtensionResults: z.record(z.string().max(64), z.unknown()).default({}),
}
export const PasskeyAttestation = z.strictObject({
  ...credentialFields,
  response: z.looseObject({
    clientDataJSON: Encoded,
    attestationObject: Encoded,
    transports: z.array(z.string().max(32)).max(8).default([]),
  }),
})
export const PasskeyAssertion = z.strictObject({
  ...credentialFields,
  response: z.looseObject({ clientDataJSON: Encoded, authenticatorData: Encoded, signature: Encoded }),
})
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>

export const Passkey = z.object({ id: Id('passkey'), name: z.string().nullable(), deviceType: z.string(), createdAt: Timestamp })
export type Passkey = z.infer<typeof Passkey>
export const PasskeyList = z.object({ items: z.array(Passkey) })

export const RegisterPasskey = z.strictObject({ response: PasskeyAttestation, name: Text(60).default('Passkey') })
export type RegisterPasskey = z.infer<typeof RegisterPasskey>
export const AuthenticatePasskey = z.strictObject({ response: PasskeyAssertion })
export type AuthenticatePasskey = z.infer<typeof AuthenticatePasskey>
export const DeletePasskey = z.strictObject({ id: Id('passkey') })
export type DeletePasskey = z.infer<typeof DeletePasskey>
export const PasskeyOptions = z.looseObject({ challenge: z.string() })

const passkey: Passkey = {
  id: 'psk_01jd2f8m3n6q9rkvwxyz012345',
  name: 'Laptop',
  deviceType: 'multiDevice',
  createdAt: '2026-11-21T10:00:00.000Z',
}
const credential = (response: object) => ({
  id: 'c2FtcGxlLWNyZWRlbnRpYWw',
  rawId: 'c2FtcGxlLWNyZWRlbnRpYWw',
  type: 'public-key',
  clientExtensionResults: {},
  response,
})
const done = { response: { status: 200, schema: Done } } as const
const signedIn = { twoFactorRedirect: false, twoFactorMethods: [], user: examplePerson }
const backupCodes = ['k3Jd8-Qw2Zx', 'p9Lm4-Rt7Vb']

export const enableTotp = defineEndpoint({
  ...own,
  id: 'enableTotp',
  method: 'POST',
  path: '/api/auth/two-factor/enable',
  summary: 'Begin to use an authenticator app',
  audit: 'factor.prepared',
  request: { body: ConfirmPassword },
  response: { status: 200, schema: EnabledTotp },
  errors: ['factor_refused', 'locked_out', 'overloaded'],
  example: {
    body: { password: examplePassword },
    response: { totpURI: 'otpauth://totp/Keylease:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Keylease', backupCodes },
  },
})

export const verifyTotp = defineEndpoint({
  ...open,
  id: 'verifyTotp',
  method: 'POST',
  path: '/api/auth/two-factor/verify-totp',
  summary: 'Show a code of the authenticator app',
  description: 'After sign-in it completes the session; in a session it completes the set-up of the app (audited as factor.added).',
  audit: 'session.created',
  request: { body: VerifyTotp },
  response: { status: 200, schema: SignedIn },
  errors: ['factor_refused', 'locked_out', 'insecure_origin'],
  example: { body: { code: '123456' }, response: signedIn },
})

export const verifyBackupCode = defineEndpoint({
  ...open,
  id: 'verifyBackupCode',
  method: 'POST',
  path: '/api/auth/two-factor/verify-backup-code',
  summary: 'Show a backup code instead',
  description: 'Each code is good once.',
  audit: 'session.created',
  request: { body: VerifyBackupCode },
  response: { status: 200, schema: SignedIn },
  errors: ['factor_refused', 'locked_out', 'insecure_origin'],
  example: { body: { code: 'k3Jd8-Qw2Zx' }, response: signedIn },
})

export const disableTotp = defineEndpoint({
  ...own,
  id: 'disableTotp',
  method: 'POST',
  path: '/api/auth/two-factor/disable',
  summary: 'Stop using the authenticator app',
  audit: 'factor.removed',
  request: { body: ConfirmPassword },
  ...done,
  errors: ['factor_refused', 'locked_out', 'overloaded'],
  stepUp: true,
  example: { body: { password: examplePassword }, response: { status: true } },
})

export const generateBackupCodes = defineEndpoint({
  ...own,
  id: 'generateBackupCodes',
  method: 'POST',
  path: '/api/auth/two-factor/generate-backup-codes',
  summary: 'Replace the backup codes',
  audit: 'factor.replaced',
  request: { body: ConfirmPassword },
  response: { status: 200, schema: BackupCodes },
  errors: ['factor_refused', 'locked_out', 'overloaded'],
  stepUp: true,
  example: { body: { password: examplePassword }, response: { backupCodes } },
})

export const createPasskeyOptions = defineEndpoint({
  ...own,
  id: 'createPasskeyOptions',
  method: 'GET',
  path: '/api/auth/passkey/generate-register-options',
  summary: 'Begin to add a passkey',
  audit: 'none',
  request: {},
  response: { status: 200, schema: PasskeyOptions },
  example: { response: { challenge: 'mZk1l3Jb0y8' } },
})

export const registerPasskey = defineEndpoint({
  ...own,
  id: 'registerPasskey',
  method: 'POST',
  path: '/api/auth/passkey/verify-registration',
  summary: 'Add a passkey',
  audit: 'factor.added',
  request: { body: RegisterPasskey },
  response: { status: 200, schema: Passkey },
  errors: ['factor_refused'],
  stepUp: true,
  example: {
    body: {
      name: 'Laptop',
      response: credential({ clientDataJSON: 'eyJ0eXAiOiJ3ZWJhdXRobi5jcmVhdGUifQ', attestationObject: 'o2NmbXRkbm9uZQ' }),
    },
    response: passkey,
  },
})

export const createPasskeyChallenge = defineEndpoint({
  ...open,
  id: 'createPasskeyChallenge',
  method: 'GET',
  path: '/api/auth/passkey/generate-authenticate-options',
  summary: 'Begin to sign in, or to step up, with a passkey',
  audit: 'none',
  request: {},
  response: { status: 200, schema: PasskeyOptions },
  example: { response: { challenge: 'mZk1l3Jb0y8' } },
})

export const signInWithPasskey = defineEndpoint({
  ...open,
  id: 'signInWithPasskey',
  method: 'POST',
  path: '/api/auth/passkey/verify-authentication',
  summary: 'Sign in with a passkey',
  audit: 'session.created',
  request: { body: AuthenticatePasskey },
  response: { status: 200, schema: SignedIn },
  errors: ['factor_refused', 'locked_out', 'insecure_origin'],
  example: {
    body: {
      response: credential({
        clientDataJSON: 'eyJ0eXAiOiJ3ZWJhdXRobi5nZXQifQ',
        authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4',
        signature: 'MEUCIQDx8m',
      }),
    },
    response: signedIn,
  },
})

export const listPasskeys = defineEndpoint({
  ...own,
  id: 'listPasskeys',
  method: 'GET',
  path: '/api/auth/passkey/list-user-passkeys',
  summary: 'List own passkeys',
  permission: 'account.read',
  audit: 'none',
  rateLimit: 'read',
  request: {},
  response: { status: 200, schema: PasskeyList },
  example: { response: { items: [passkey] } },
})

export const deletePasskey = defineEndpoint({
  ...own,
  id: 'deletePasskey',
  method: 'POST',
  path: '/api/auth/passkey/delete-passkey',
  summary: 'Remove a passkey',
  audit: 'factor.removed',
  request: { body: DeletePasskey },
  ...done,
  errors: ['not_found'],
  stepUp: true,
  example: { body: { id: passkey.id }, response: { status: true } },
})
