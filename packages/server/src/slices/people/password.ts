import type { ChangePassword, RequestPasswordReset, ResetPassword } from '@keylease/shared/contracts/account'
import type { Deps } from '../../deps'
import { writeAsPerson } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { originOf } from '../../platform/identity/better-auth'
import { assertNotEmail, type ShownPassword } from '../../platform/identity/password'
import { toLinkActor } from '../../platform/identity/person-audit'
import { findMemberships, findPasswordHash, findPerson, type PersonRow, updatePassword } from '../../platform/identity/person-rows'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import { deleteSessions, renewSessionToken } from '../../platform/identity/session-rows'
import type { Subject } from '../../platform/lockout'
import { toRateSource } from '../../platform/request/address'
import { getPerson, personOf } from './session-start'
import { takeAttempt } from './sign-in'

const done = { status: true } as const
const resetMinutes = 60

/** The password as a fresh factor: counted like a sign-in, so a stolen cookie guesses no faster than a stranger. */
export async function confirmPassword(deps: Deps, exchange: Exchange, actor: Actor, password: string): Promise<ShownPassword> {
  const { userId } = personOf(actor)
  const subject: Subject = { kind: 'account', id: (await getPerson(deps, userId)).email }
  await takeAttempt(deps, exchange, [subject], actor)
  const hash = await findPasswordHash(deps.db.authPool, userId)
  if (hash === null || !(await deps.passwords.verify({ hash, password }))) throw new AppError('factor_refused')
  await deps.lockout.clear(subject)
  return { hash, password }
}

export async function changePassword(deps: Deps, exchange: Exchange, actor: Actor, input: ChangePassword) {
  const { userId, sessionId } = personOf(actor)
  assertNotEmail(input.newPassword, (await getPerson(deps, userId)).email)
  await confirmPassword(deps, exchange, actor, input.currentPassword)
  const hash = await deps.passwords.hash(input.newPassword)
  const fact = { action: 'password.changed', resource: { kind: 'user', id: userId } }
  const token = await writeAsPerson(deps, actor, async ({ tx, client }) => {
    await updatePassword(client, userId, hash)
    await deleteSessions(client, { userId, exceptId: sessionId })
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    await recordAudit(tx, deps.clock, actor, fact)
    return renewSessionToken(client, sessionId)
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
  const token = await writeAsPerson(deps, actor, async ({ tx }) => {
    await recordAudit(tx, deps.clock, actor, { action: 'password.reset_requested', resource: { kind: 'user', id: person.id } })
    return deps.identity.createResetToken(person.id, resetMinutes)
  })
  deps.mail.send({
    to: email,
    subject: 'Reset your Keylease password',
    text: `Open this link within ${resetMinutes} minutes to choose a new password:\n\n${originOf(deps.env)}/reset-password?token=${token}\n\nIf you did not ask for it, do nothing.`,
  })
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
  await writeAsPerson(deps, actor, async ({ tx, client }) => {
    if ((await deps.identity.spendResetToken(input.token)) !== person.id) throw new AppError('link_spent')
    await updatePassword(client, person.id, hash)
    await deleteSessions(client, { userId: person.id })
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    await recordAudit(tx, deps.clock, actor, { action: 'password.reset', resource: { kind: 'user', id: person.id } })
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
