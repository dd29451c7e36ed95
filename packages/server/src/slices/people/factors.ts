import type { SignedIn } from '@keylease/shared/contracts/account'
import type { Deps } from '../../deps'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import type { IdentityAnswer } from '../../platform/identity'
import { writeAsPerson } from '../../platform/identity/person-audit'
import { deleteSessions, findPersonSession } from '../../platform/identity/session-rows'
import { toRateSource } from '../../platform/request/address'
import { inTransaction } from '../../platform/tenancy'
import { confirmPassword } from './password'
import { claimCode, deleteTotp, hasTotp } from './queries'
import { assertSafeForSessions, findCurrentPerson, getPerson, personOf, startSession } from './session-start'
import { takeAttempt } from './sign-in'

const done = { status: true } as const
const totpOf = (userId: string) => ({ kind: 'totp', id: userId })

/** What better-auth refused becomes one answer; that an account is locked is said as such. */
export function refuseFactor(deps: Deps, exchange: Exchange, actor: Actor | null, answer?: IdentityAnswer): AppError {
  const who = actor ? { actor: { kind: actor.kind, id: actor.id, name: actor.name } } : {}
  deps.security.record({ kind: 'factor_refused', organizationId: actor?.organizationId ?? null, ...who, facts: exchange.facts })
  const isLocked = answer?.status === 429 || answer?.code === 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE'
  return isLocked ? new AppError('locked_out', { retryAfterSeconds: 900 }) : new AppError('factor_refused')
}

export async function enableTotp(deps: Deps, exchange: Exchange, actor: Actor, { password }: { password: string }) {
  const { userId } = personOf(actor)
  await confirmPassword(deps, exchange, actor, password)
  const answer = await deps.identity.call(exchange, (api, options) =>
    api.enableTwoFactor({ body: { password, method: 'totp' }, ...options }),
  )
  if (!answer.isOk) throw new AppError('invalid_request', { message: 'An authenticator app is in use. Disable it first.' })
  await writeAsPerson(deps, actor, { action: 'factor.prepared', resource: totpOf(userId) }, async () => undefined)
  const { totpURI, backupCodes } = answer.body
  return { totpURI: String(totpURI), backupCodes: toCodes(backupCodes) }
}

export async function generateBackupCodes(deps: Deps, exchange: Exchange, actor: Actor, { password }: { password: string }) {
  const { userId } = personOf(actor)
  await confirmPassword(deps, exchange, actor, password)
  const answer = await deps.identity.call(exchange, (api, options) => api.generateBackupCodes({ body: { password }, ...options }))
  if (!answer.isOk) throw new AppError('invalid_request', { message: 'No authenticator app is in use. Enable one first.' })
  await writeAsPerson(deps, actor, { action: 'factor.replaced', resource: totpOf(userId) }, async () => undefined)
  return { backupCodes: toCodes(answer.body['backupCodes']) }
}

const toCodes = (codes: unknown) => (Array.isArray(codes) ? codes.map(String) : [])

export async function disableTotp(deps: Deps, exchange: Exchange, actor: Actor, { password }: { password: string }) {
  const { userId } = personOf(actor)
  await confirmPassword(deps, exchange, actor, password)
  await writeAsPerson(deps, actor, { action: 'factor.removed', resource: totpOf(userId) }, () =>
    inTransaction(deps.db.authPool, (client) => deleteTotp(client, userId)),
  )
  return done
}

/** In a session it sets the app up; without one it completes the sign-in that asked for it. */
export async function verifyTotp(deps: Deps, exchange: Exchange, { code }: { code: string }): Promise<SignedIn> {
  assertSafeForSessions(exchange)
  const actor = await findCurrentPerson(deps, exchange)
  if (actor) return addTotp(deps, exchange, actor, code)
  const answer = await verifyAtSignIn(deps, exchange, () =>
    deps.identity.call(exchange, (api, options) => api.verifyTOTP({ body: { code }, ...options })),
  )
  const session = answer.token ? await findPersonSession(deps.db.authPool, { token: answer.token }) : null
  if (!session) throw refuseFactor(deps, exchange, null)
  if (!(await claimTotpCode(deps, session.userId, code))) {
    await deleteSessions(deps.db.authPool, { id: session.id })
    throw refuseFactor(deps, exchange, null)
  }
  return startSession(deps, exchange, answer)
}

export async function verifyBackupCode(deps: Deps, exchange: Exchange, { code }: { code: string }): Promise<SignedIn> {
  assertSafeForSessions(exchange)
  if (await findCurrentPerson(deps, exchange)) throw new AppError('invalid_request', { message: 'This browser is signed in already.' })
  const answer = await verifyAtSignIn(deps, exchange, () =>
    deps.identity.call(exchange, (api, options) => api.verifyBackupCode({ body: { code }, ...options })),
  )
  return startSession(deps, exchange, answer)
}

/** better-auth counts the failures of the account; we count those of the address. */
async function verifyAtSignIn(deps: Deps, exchange: Exchange, verify: () => Promise<IdentityAnswer>): Promise<IdentityAnswer> {
  const address = { kind: 'address', id: toRateSource(exchange.facts.address) } as const
  await takeAttempt(deps, exchange, [address])
  const answer = await verify()
  if (!answer.isOk) throw refuseFactor(deps, exchange, null, answer)
  await deps.lockout.clear(address)
  return answer
}

/** Of a hundred parallel uses of one code, whoever writes its row first has used it. */
export function claimTotpCode(deps: Deps, userId: string, code: string): Promise<boolean> {
  const { hash: codeHash } = deps.keyring.hash('pepper', `totp ${userId} ${code}`)
  return claimCode(deps.db.authPool, { userId, codeHash, now: deps.clock.now() })
}

async function addTotp(deps: Deps, exchange: Exchange, actor: Actor, code: string): Promise<SignedIn> {
  const { userId } = personOf(actor)
  if (await hasTotp(deps.db.authPool, userId)) throw new AppError('invalid_request', { message: 'An authenticator app is in use already.' })
  await takeAttempt(deps, exchange, [{ kind: 'factor', id: userId }], actor)
  const answer = await writeAsPerson(deps, actor, { action: 'factor.added', resource: totpOf(userId) }, async () => {
    const verified = await deps.identity.call(exchange, (api, options) => api.verifyTOTP({ body: { code }, ...options }))
    if (!verified.isOk || !(await claimTotpCode(deps, userId, code))) throw refuseFactor(deps, exchange, actor, verified)
    return verified
  })
  deps.sessions.forget()
  await deps.lockout.clear({ kind: 'factor', id: userId })
  for (const line of answer.cookies) exchange.setCookie(line)
  return { twoFactorRedirect: false, twoFactorMethods: [], user: await getPerson(deps, userId) }
}
