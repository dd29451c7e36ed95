import type { Actor, Exchange, RequestFacts } from '../auth'
import { toPrincipal } from './session-authenticator'
import type { PersonSession } from './session-rows'

export const toPersonActor = (session: PersonSession, facts: RequestFacts): Actor => ({ ...toPrincipal(session), request: facts })

/** For what is done by whoever holds a link: the person whose link it is, before they have a session. */
export function toLinkActor(person: { memberId: string; name: string; organizationId: string }, exchange: Pick<Exchange, 'facts'>): Actor {
  const { memberId: id, name, organizationId } = person
  return { kind: 'person', id, name, organizationId, permissions: new Set(), reach: 'organization', request: exchange.facts }
}
