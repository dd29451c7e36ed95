import type { Person, SignedIn } from '@keylease/shared/contracts/account'
import type pg from 'pg'
import type { Deps } from '../../deps'
import { recordAudit } from '../../platform/audit'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import type { IdentityAnswer } from '../../platform/identity'
import { toPersonActor } from '../../platform/identity/person-audit'
import { findPerson } from '../../platform/identity/person-rows'
import type { PersonTx } from '../../platform/identity/person-transaction'
import { deleteSessions, findPersonSession, type PersonSession, touchSession } from '../../platform/identity/session-rows'
import { isSafeForSessions } from '../../platform/request/origin'
import { enterTenant } from '../../platform/tenancy'

/** Cookies of a session must not cross a network in clear: the answer says what to set. */
export function assertSafeForSessions({ origin }: Exchange): void {
  if (!isSafeForSessions(origin)) throw new AppError('insecure_origin')
}

/** What better-auth answered to a sign-in, and the session that began, if one did. */
interface Begun {
  answer: IdentityAnswer
  session: PersonSession | null
}

/**
 * One sign-in, one transaction: the session that better-auth begins, its audit entry, and the end of the one the browser came with.
 * What it refuses is committed too, for it counts failures; `isGood` may refuse what it let in.
 */
export function beginSession(
  deps: Deps,
  exchange: Exchange,
  ask: () => Promise<IdentityAnswer>,
  isGood: (room: PersonTx, session: PersonSession) => Promise<boolean> = async () => true,
): Promise<Begun> {
  return deps.db.persons.transact(async (room) => {
    const answer = await ask()
    const session = answer.isOk && answer.token ? await findPersonSession(room.client, { token: answer.token }) : null
    if (!session) return { answer, session }
    if (await isGood(room, session)) {
      await enterTenant(room.tx, session.organizationId)
      await endPresentedSession(deps, exchange, room.client, session.id)
      const resource = { kind: 'session', id: session.id }
      await recordAudit(room.tx, deps.clock, toPersonActor(session, exchange.facts), { action: 'session.created', resource })
      return { answer, session }
    }
    await deleteSessions(room.client, { id: session.id })
    return { answer, session: null }
  })
}

/** A session that somebody planted in the browser, or an older one, does not live on beside the new one. */
async function endPresentedSession(deps: Deps, { credential }: Exchange, client: pg.ClientBase, newId: string): Promise<void> {
  const token = credential.cookie && deps.identity.cookie.read(credential.cookie)
  const old = token ? await findPersonSession(client, { token }) : null
  if (old && old.id !== newId) await deleteSessions(client, { id: old.id })
}

/** The person is in. */
export async function welcome(deps: Deps, exchange: Exchange, answer: IdentityAnswer, session: PersonSession): Promise<SignedIn> {
  deps.sessions.forget()
  await touchSession(deps.db, session, deps.clock.now())
  recordSignIn(deps, toPersonActor(session, exchange.facts))
  for (const line of answer.cookies) exchange.setCookie(line)
  return { twoFactorRedirect: false, twoFactorMethods: [], user: await getPerson(deps, session.userId) }
}

function recordSignIn({ security }: Deps, { kind, id, name, organizationId, request }: Actor): void {
  security.record({ kind: 'sign_in', organizationId, actor: { kind, id, name }, facts: request })
}

export async function getPerson(deps: Deps, userId: string): Promise<Person> {
  const person = await findPerson(deps.db.authPool, { id: userId })
  if (!person) throw new AppError('unauthenticated')
  return person
}

/** The person of this browser, if it has a session. */
export async function findCurrentPerson(deps: Deps, { credential, facts }: Exchange): Promise<Actor | null> {
  const principal = await deps.sessions.authenticate(credential, facts)
  return principal && !('refused' in principal) ? { ...principal, request: facts } : null
}

/** Of an actor that a session stands behind. */
export function personOf(actor: Actor): { userId: string; sessionId: string } {
  const { userId, sessionId } = actor
  if (!userId || !sessionId) throw new AppError('forbidden')
  return { userId, sessionId }
}
