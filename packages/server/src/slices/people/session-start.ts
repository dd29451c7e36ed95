import type { Person, SignedIn } from '@keylease/shared/contracts/account'
import type { Deps } from '../../deps'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import type { IdentityAnswer } from '../../platform/identity'
import { toPersonActor, writeAsPerson } from '../../platform/identity/person-audit'
import { findPerson } from '../../platform/identity/person-rows'
import { deleteSessions, findPersonSession, touchSession } from '../../platform/identity/session-rows'
import { isSafeForSessions } from '../../platform/request/origin'

/** Cookies of a session must not cross a network in clear: the answer says what to set. */
export function assertSafeForSessions({ origin }: Exchange): void {
  if (!isSafeForSessions(origin)) throw new AppError('insecure_origin')
}

/** The session that better-auth has begun: kept only if the audit trail has it, and the one the browser came with ends. */
export async function startSession(deps: Deps, exchange: Exchange, { token, cookies }: IdentityAnswer): Promise<SignedIn> {
  const { authPool } = deps.db
  const session = token ? await findPersonSession(authPool, { token }) : null
  if (!session) throw new AppError('sign_in_failed')
  const actor = toPersonActor(session, exchange.facts)
  const fact = { action: 'session.created', resource: { kind: 'session', id: session.id } }
  try {
    await writeAsPerson(deps, actor, fact, async () => endPresentedSession(deps, exchange, session.id))
  } catch (error) {
    await deleteSessions(authPool, { id: session.id })
    throw error
  }
  await touchSession(deps.db, session, deps.clock.now())
  recordSignIn(deps, actor)
  for (const line of cookies) exchange.setCookie(line)
  return { twoFactorRedirect: false, twoFactorMethods: [], user: await getPerson(deps, session.userId) }
}

/** A session that somebody planted in the browser, or an older one, does not live on beside the new one. */
async function endPresentedSession(deps: Deps, { credential }: Exchange, newId: string): Promise<void> {
  const token = credential.cookie && deps.identity.cookie.read(credential.cookie)
  const old = token ? await findPersonSession(deps.db.authPool, { token }) : null
  if (!old || old.id === newId) return
  await deleteSessions(deps.db.authPool, { id: old.id })
  deps.sessions.forget()
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
