import type { SignedIn } from '@keylease/shared/contracts/account'
import type pg from 'pg'
import type { Deps } from '../../deps'
import { writeAsPerson } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import type { IdentityAnswer } from '../../platform/identity'
import type { PersonSession } from '../../platform/identity/session-rows'
import { toRateSource } from '../../platform/request/address'
import { confirmPassword } from './password'
import { claimCode, deleteTotp, hasTotp } from './queries'
import { assertSafeForSessions, beginSession, findCurrentPerson, getPerson, personOf, welcome } from './session-start'
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
  const shown = await confirmPassword(deps, exchange, actor, password)
  const { totpURI, backupCodes } = await writeAsPerson(deps, actor, async ({ tx }) => {
    const body = { password, method: 'totp' } as const
    const answer = await deps.identity.call(exchange, (api, options) => api.enableTwoFactor({ body, ...options }), shown)
    if (!answer.isOk) throw new AppError('invalid_request', { message: 'An authenticator app is in use. Disable it first.' })
    await recordAudit(tx, deps.clock, actor, { action: 'factor.prepared', resource: totpOf(userId) })
    return answer.body
  })
  return { totpURI: String(totpURI), backupCodes: toCodes(backupCodes) }
}

export async function generateBackupCodes(deps: Deps, exchange: Exchange, actor: Actor, { password }: { password: string }) {
  const { userId } = personOf(actor)
  const shown = await confirmPassword(deps, exchange, actor, password)
  const { backupCodes } = await writeAsPerson(deps, actor, async ({ tx }) => {
    const answer = await deps.identity.call(exchange, (api, options) => api.generateBackupCodes({ body: { password }, ...options }), shown)
    if (!answer.isOk) throw new AppError('invalid_request', { message: 'No authenticator app is in use. Enable one first.' })
    await recordAudit(tx, deps.clock, actor, { action: 'factor.replaced', resource: totpOf(userId) })
    return answer.body
  })
  return { backupCodes: toCodes(backupCodes) }
}

const toCodes = (codes: unknown) => (Array.isArray(codes) ? codes.map(String) : [])

export async function disableTotp(deps: Deps, exchange: Exchange, actor: Actor, { password }: { password: string }) {
  const { userId } = personOf(actor)
  await confirmPassword(deps, exchange, actor, password)
  await writeAsPerson(deps, actor, async ({ tx, client }) => {
    await deleteTotp(client, userId)
    await recordAudit(tx, deps.clock, actor, { action: 'factor.removed', resource: totpOf(userId) })
  })
  return done
}

/** In a session it sets the app up; without one it completes the sign-in that asked for it. */
export async function verifyTotp(deps: Deps, exchange: Exchange, { code }: { code: string }): Promise<SignedIn> {
  assertSafeForSessions(exchange)
  const actor = await findCurrentPerson(deps, exchange)
  if (actor) return addTotp(deps, exchange, actor, code)
  return completeSignIn(
    deps,
    exchange,
    () => deps.identity.call(exchange, (api, options) => api.verifyTOTP({ body: { code }, ...options })),
    (client, { userId }) => claimTotpCode(deps, client, userId, code),
  )
}

export async function verifyBackupCode(deps: Deps, exchange: Exchange, { code }: { code: string }): Promise<SignedIn> {
  assertSafeForSessions(exchange)
  if (await findCurrentPerson(deps, exchange)) throw new AppError('invalid_request', { message: 'This browser is signed in already.' })
  return completeSignIn(deps, exchange, () =>
    deps.identity.call(exchange, (api, options) => api.verifyBackupCode({ body: { code }, ...options })),
  )
}

/** A sign-in by a factor. better-auth counts the failures of the account; we count those of the address. */
export async function completeSignIn(
  deps: Deps,
  exchange: Exchange,
  ask: () => Promise<IdentityAnswer>,
  claim?: (client: pg.ClientBase, session: PersonSession) => Promise<boolean>,
): Promise<SignedIn> {
  const address = { kind: 'address', id: toRateSource(exchange.facts.address) } as const
  await takeAttempt(deps, exchange, [address])
  const { answer, session } = await beginSession(deps, exchange, ask, claim && (({ client }, begun) => claim(client, begun)))
  if (!session) throw refuseFactor(deps, exchange, null, answer)
  await deps.lockout.clear(address)
  return welcome(deps, exchange, answer, session)
}

/** Of a hundred parallel uses of one code, whoever writes its row first has used it. */
export function claimTotpCode(deps: Deps, client: pg.ClientBase, userId: string, code: string): Promise<boolean> {
  const { hash: codeHash } = deps.keyring.hash('pepper', `totp ${userId} ${code}`)
  return claimCode(client, { userId, codeHash, now: deps.clock.now() })
}

async function addTotp(deps: Deps, exchange: Exchange, actor: Actor, code: string): Promise<SignedIn> {
  const { userId } = personOf(actor)
  if (await hasTotp(deps.db.authPool, userId)) throw new AppError('invalid_request', { message: 'An authenticator app is in use already.' })
  await takeAttempt(deps, exchange, [{ kind: 'factor', id: userId }], actor)
  const answer = await writeAsPerson(deps, actor, async ({ tx, client }) => {
    const verified = await deps.identity.call(exchange, (api, options) => api.verifyTOTP({ body: { code }, ...options }))
    if (!verified.isOk || !(await claimTotpCode(deps, client, userId, code))) throw refuseFactor(deps, exchange, actor, verified)
    await recordAudit(tx, deps.clock, actor, { action: 'factor.added', resource: totpOf(userId) })
    return verified
  })
  deps.sessions.forget()
  await deps.lockout.clear({ kind: 'factor', id: userId })
  for (const line of answer.cookies) exchange.setCookie(line)
  return { twoFactorRedirect: false, twoFactorMethods: [], user: await getPerson(deps, userId) }
}
