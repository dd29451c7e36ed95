import type { ChangePassword, RequestPasswordReset, ResetPassword } from '@keylease/shared/contracts/account'
import type { Deps } from '../../deps'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { assertNotEmail } from '../../platform/identity/password'
import { toLinkActor, writeAsPerson } from '../../platform/identity/person-audit'
import { findMemberships, findPasswordHash, findPerson, type PersonRow, updatePassword } from '../../platform/identity/person-rows'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import { deleteSessions, renewSessionToken } from '../../platform/identity/session-rows'
import type { Subject } from '../../platform/lockout'
import { toRateSource } from '../../platform/request/address'
import { getPerson, personOf } from './session-start'
import { takeAttempt } from './sign-in'

const done = { status: true } as const

/** The password as a fresh factor: counted like a sign-in, so a stolen cookie guesses no faster than a stranger. */
export async function confirmPassword(deps: Deps, exchange: Exchange, actor: Actor, password: string): Promise<void> {
  const { userId } = personOf(actor)
  const subject: Subject = { kind: 'account', id: (await getPerson(deps, userId)).email }
  await takeAttempt(deps, exchange, [subject], actor)
  const hash = await findPasswordHash(deps.db.authPool, userId)
  if (hash === null || !(await deps.passwords.verify({ hash, password }))) throw new AppError('factor_refused')
  await deps.lockout.clear(subject)
}

export async function changePassword(deps: Deps, exchange: Exchange, actor: Actor, input: ChangePassword) {
  const { userId, sessionId } = personOf(actor)
  const { authPool } = deps.db
  assertNotEmail(input.newPassword, (await getPerson(deps, userId)).email)
  await confirmPassword(deps, exchange, actor, input.currentPassword)
  const hash = await deps.passwords.hash(input.newPassword)
  const fact = { action: 'password.changed', resource: { kind: 'user', id: userId } }
  const token = await writeAsPerson(deps, actor, fact, async (tx) => {
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    await updatePassword(authPool, userId, hash)
    await deleteSessions(authPool, { userId, exceptId: sessionId })
    return renewSessionToken(authPool, sessionId)
  })
  deps.sessions.forget()
  exchange.setCookie(deps.identity.cookie.write(token))
  return done
}

/** Answers before it looks, so that nobody learns from the time whether the address is known. */
export async function requestPasswordReset(deps: Deps, exchange: Exchange, { email }: RequestPasswordReset) {
  await takeAttempt(deps, exchange, [{ kind: 'account', id: `reset ${email}` }, addressOf(exchange)])
  if (deps.mail.isConfigured) {
    mailResetLink(deps, exchange, email).catch((error: unknown) => deps.log.error({ err: error }, 'a reset link could not be made'))
  }
  return done
}

const addressOf = ({ facts }: Exchange): Subject => ({ kind: 'address', id: toRateSource(facts.address) })

async function mailResetLink(deps: Deps, exchange: Exchange, email: string): Promise<void> {
  const person = await findPerson(deps.db.authPool, { email })
  const actor = person && (await findLinkActor(deps, exchange, person))
  if (!actor) return
  await writeAsPerson(deps, actor, { action: 'password.reset_requested', resource: { kind: 'user', id: person.id } }, () =>
    deps.identity.call({ ...exchange, credential: { bearer: null, cookie: null } }, (api, options) =>
      api.requestPasswordReset({ body: { email }, ...options }),
    ),
  )
}

/** Everything that can be refused is refused before the token is spent. */
export async function resetPassword(deps: Deps, exchange: Exchange, input: ResetPassword) {
  const { authPool } = deps.db
  await takeAttempt(deps, exchange, [addressOf(exchange)])
  const userId = await deps.identity.findResetToken(input.token)
  const person = userId && (await findPerson(authPool, { id: userId }))
  const actor = person && (await findLinkActor(deps, exchange, person))
  if (!actor) throw new AppError('link_spent')
  assertNotEmail(input.newPassword, person.email)
  const hash = await deps.passwords.hash(input.newPassword)
  await writeAsPerson(deps, actor, { action: 'password.reset', resource: { kind: 'user', id: person.id } }, async (tx) => {
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    if ((await deps.identity.spendResetToken(input.token)) !== person.id) throw new AppError('link_spent')
    await updatePassword(authPool, person.id, hash)
    await deleteSessions(authPool, { userId: person.id })
  })
  deps.sessions.forget()
  await deps.lockout.clear({ kind: 'account', id: person.email }, addressOf(exchange))
  return done
}

/** Whoever holds the link acts as its person; a person who is a member nowhere has nothing to act in. */
async function findLinkActor(deps: Deps, exchange: Exchange, { id, name }: PersonRow): Promise<Actor | null> {
  const [place] = await findMemberships(deps.db.authPool, id)
  return place ? toLinkActor({ ...place, name }, exchange) : null
}
