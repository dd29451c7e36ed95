import type { Deps } from '../../deps'
import { type AuditFact, recordAudit } from '../audit'
import type { Actor, Exchange, RequestFacts } from '../auth'
import { inTenant, type Tx } from '../tenancy'
import { toPrincipal } from './session-authenticator'
import type { PersonSession } from './session-rows'

type Room = Pick<Deps, 'db' | 'clock'>

/** One transaction of a person's own: what it leaves in the audit trail commits with it, or neither does. */
export function writeAsPerson<T>(deps: Room, actor: Actor, fact: AuditFact, write: (tx: Tx) => Promise<T>): Promise<T> {
  return inTenant(deps.db, actor.organizationId, async (tx) => {
    await recordAudit(tx, deps.clock, actor, fact)
    return write(tx)
  })
}

export const toPersonActor = (session: PersonSession, facts: RequestFacts): Actor => ({ ...toPrincipal(session), request: facts })

/** For what is done by whoever holds a link: the person whose link it is, before they have a session. */
export function toLinkActor(person: { memberId: string; name: string; organizationId: string }, exchange: Pick<Exchange, 'facts'>): Actor {
  const { memberId: id, name, organizationId } = person
  return { kind: 'person', id, name, organizationId, permissions: new Set(), reach: 'organization', request: exchange.facts }
}
