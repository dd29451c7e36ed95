import { passkey } from '@better-auth/passkey'
import { newId } from '@keylease/shared/ids'
import { betterAuth } from 'better-auth'
import { twoFactor } from 'better-auth/plugins'
import type { Env } from '../../env'
import type { Clock } from '../clock'
import type { Database } from '../db'
import type { Keyring } from '../keyring'
import type { Log } from '../log'
import type { SettingsReader } from '../organization-settings'
import { isSamePassword, type PasswordHasher, type ShownPassword } from './password'
import { findMemberships } from './person-rows'
import { cookiePrefix, cookieSeconds, isHttps, toSecret } from './session-cookie'
import { accountFields, passkeyFields, sessionFields, twoFactorFields, userFields, verificationFields } from './tables'

export interface IdentityRoom {
  env: Env
  db: Pick<Database, 'authPool' | 'persons'>
  keyring: Keyring
  clock: Clock
  settings: Pick<SettingsReader, 'get'>
  passwords: PasswordHasher
  log: Log
}

export type BetterAuth = ReturnType<typeof createBetterAuth>

export const originOf = (env: Env) => env.publicUrl?.origin ?? `${isHttps(env) ? 'https' : 'http'}://localhost:${env.port}`

/** better-auth for identity alone: no sign-up, no telemetry, no rules of its own about origin and rate, which the pipeline has. */
export function createBetterAuth(room: IdentityRoom, findShown: () => ShownPassword | undefined) {
  const { env, keyring, passwords } = room
  return betterAuth({
    appName: 'Keylease',
    baseURL: originOf(env),
    database: room.db.persons.identityPool,
    secrets: toSecrets(keyring),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { level: 'error', log: (_, message) => room.log.warn({ reason: message }, 'better-auth met an error') },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 12,
      maxPasswordLength: 128,
      password: {
        hash: passwords.hash,
        verify: async (stored) => isSamePassword(findShown(), stored) || passwords.verify(stored),
      },
    },
    user: userFields,
    account: accountFields,
    verification: { ...verificationFields, storeIdentifier: 'hashed' },
    session: {
      ...sessionFields,
      expiresIn: cookieSeconds,
      freshAge: 0,
      disableSessionRefresh: true,
      additionalFields: {
        organizationId: { type: 'string', fieldName: 'organization_id', required: false, input: false },
        seenAt: { type: 'date', fieldName: 'seen_at', required: false, input: false },
      },
    },
    advanced: {
      cookiePrefix: cookiePrefix(env),
      useSecureCookies: false,
      defaultCookieAttributes: { secure: isHttps(env), sameSite: 'lax', httpOnly: true, path: '/' },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: ({ model }) => newId(idKinds[model] ?? 'verification'), validateSchema: false },
    },
    databaseHooks: { session: { create: { before: (session) => placeSession(room, session) } } },
    plugins: [
      twoFactor({
        issuer: 'Keylease',
        schema: { twoFactor: twoFactorFields, user: { fields: { twoFactorEnabled: 'two_factor_enabled' } } },
      }),
      passkey({
        rpID: env.publicUrl?.hostname ?? 'localhost',
        rpName: 'Keylease',
        schema: { passkey: passkeyFields },
        advanced: { webAuthnChallengeCookie: 'passkey_challenge' },
      }),
    ],
  })
}

/** What it seals and signs with is the first; what an earlier version sealed still opens. */
const toSecrets = (keyring: Keyring) => keyring.versions('session').map((key) => ({ version: key.version, value: toSecret(key) }))

/** Set by us alone, from the address that the pipeline found. */
export const addressHeader = 'x-keylease-address'

const idKinds: Record<string, 'user' | 'session' | 'account' | 'verification' | 'twoFactor' | 'passkey'> = {
  user: 'user',
  session: 'session',
  account: 'account',
  verification: 'verification',
  twoFactor: 'twoFactor',
  passkey: 'passkey',
}

/** A session works in one organization; a person who is a member of none gets none. */
async function placeSession(room: IdentityRoom, session: { userId: string } & Record<string, unknown>) {
  const memberships = await findMemberships(room.db.authPool, session.userId)
  const place = memberships.find(({ organizationId }) => organizationId === session['organizationId']) ?? memberships[0]
  if (!place) return false
  const { sessionAbsoluteHours } = await room.settings.get(place.organizationId)
  const now = room.clock.now()
  const expiresAt = new Date(now.getTime() + sessionAbsoluteHours * 3_600_000)
  return { data: { ...session, organizationId: place.organizationId, seenAt: now, expiresAt } }
}
