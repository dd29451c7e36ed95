import type { CurrentSession, SignedIn, SignIn } from '@keylease/shared/contracts/account'
import type { Deps } from '../../deps'
import { writeAsPerson } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import type { ShownPassword } from '../../platform/identity/password'
import { findMemberships, findPasswordHash, findPerson } from '../../platform/identity/person-rows'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import { findPersonSession } from '../../platform/identity/session-rows'
import type { Subject } from '../../platform/lockout'
import { toRateSource } from '../../platform/request/address'
import { getOrganizationName } from '../organizations/service'
import { assertSafeForSessions, beginSession, getPerson, personOf, welcome } from './session-start'

const addressOf = ({ facts }: Exchange): Subject => ({ kind: 'address', id: toRateSource(facts.address) })

/** A wrong password, an unknown address and a person without a place are one answer after one scrypt. */
export async function signIn(deps: Deps, exchange: Exchange, input: SignIn): Promise<SignedIn> {
  assertSafeForSessions(exchange)
  const subjects: Subject[] = [{ kind: 'account', id: input.email }, addressOf(exchange)]
  await takeAttempt(deps, exchange, subjects)
  const shown = await findGoodPassword(deps, input)
  const ask = () => deps.identity.call(exchange, (api, options) => api.signInEmail({ body: input, ...options }), shown)
  const begun = shown && (await beginSession(deps, exchange, ask))
  if (!begun?.answer.isOk) {
    await recordFailure(deps, exchange, input.email)
    throw new AppError('sign_in_failed')
  }
  await deps.lockout.clear(...subjects)
  const { answer, session } = begun
  if (session) return welcome(deps, exchange, answer, session)
  for (const line of answer.cookies) exchange.setCookie(line)
  return { twoFactorRedirect: true, twoFactorMethods: ['totp', 'backup-code'], user: null }
}

/** Before any transaction, since scrypt takes its time; an address that nobody has costs as much. */
async function findGoodPassword({ db, passwords }: Deps, { email, password }: SignIn): Promise<ShownPassword | undefined> {
  const person = await findPerson(db.authPool, { email })
  const hash = await findPasswordHash(db.authPool, person?.id ?? 'nobody')
  if (hash !== null) return (await passwords.verify({ hash, password })) ? { hash, password } : undefined
  await passwords.hash(password)
  return undefined
}

/** One attempt of each, or the answer says how long to wait. */
export async function takeAttempt(deps: Deps, exchange: Exchange, subjects: Subject[], actor?: Actor): Promise<void> {
  try {
    await deps.lockout.take(...subjects)
  } catch (error) {
    const who = actor ? { actor: { kind: actor.kind, id: actor.id, name: actor.name } } : {}
    if (error instanceof AppError && error.code === 'locked_out')
      deps.security.record({ kind: 'locked_out', organizationId: actor?.organizationId ?? null, ...who, facts: exchange.facts })
    throw error
  }
}

/** The organizations of a person hear of failures; for an unknown address the same is asked and nobody found. */
async function recordFailure(deps: Deps, { facts }: Exchange, email: string): Promise<void> {
  const person = await findPerson(deps.db.authPool, { email })
  const memberships = await findMemberships(deps.db.authPool, person?.id ?? 'nobody')
  for (const { organizationId, memberId } of memberships) {
    deps.security.record({
      kind: 'sign_in_failed',
      organizationId,
      actor: { kind: 'person', id: memberId, name: person?.name ?? '' },
      facts,
    })
  }
  if (memberships.length === 0) deps.security.record({ kind: 'sign_in_failed', organizationId: null, facts })
}

export async function signOut(deps: Deps, exchange: Exchange, actor: Actor): Promise<{ status: true }> {
  const { sessionId } = personOf(actor)
  const fact = { action: 'session.ended', resource: { kind: 'session', id: sessionId } }
  const answer = await writeAsPerson(deps, actor, async ({ tx }) => {
    const ended = await deps.identity.call(exchange, (api, options) => api.signOut(options))
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    await recordAudit(tx, deps.clock, actor, fact)
    return ended
  })
  deps.sessions.forget()
  const { kind, id, name, organizationId } = actor
  deps.security.record({ kind: 'sign_out', organizationId, actor: { kind, id, name }, facts: exchange.facts })
  for (const line of answer.cookies) exchange.setCookie(line)
  return { status: true }
}

export async function getCurrentSession(deps: Deps, actor: Actor): Promise<CurrentSession> {
  const { userId, sessionId } = personOf(actor)
  const session = await findPersonSession(deps.db.authPool, { id: sessionId })
  if (!session) throw new AppError('unauthenticated')
  const memberships = await findMemberships(deps.db.authPool, userId)
  const { id, organizationId, createdAt, expiresAt } = session
  return {
    session: { id, organizationId, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() },
    user: await getPerson(deps, userId),
    organizations: await Promise.all(
      memberships.map(async (place) => ({
        id: place.organizationId,
        name: await getOrganizationName(deps, place.organizationId),
        memberId: place.memberId,
        role: place.role,
      })),
    ),
  }
}
