import type { Deps } from '../../deps'
import type { Actor, Exchange } from '../../platform/auth'
import * as owner from './owner'
import * as reset from './reset'
import * as sessionStart from './session-start'

export type { PersonReset } from './reset'

/** The person of this browser, if it has a session. */
export function findCurrentPerson(deps: Deps, exchange: Exchange): Promise<Actor | null> {
  return sessionStart.findCurrentPerson(deps, exchange)
}

/** The path of a link that makes an Owner; the one before it is good no more. */
export function createOwnerPath(deps: Deps): Promise<string> {
  return owner.createOwnerPath(deps)
}

/** The same, as long as nobody owns the instance. */
export function createFirstOwnerPath(deps: Deps): Promise<string | null> {
  return owner.createFirstOwnerPath(deps)
}

/** Ends sessions and lock-outs of a person, factors too if asked, and gives the path of a link for a new password; null for nobody's address. */
export function resetPerson(deps: Deps, email: string, options: { removesFactors?: boolean } = {}): Promise<reset.PersonReset | null> {
  return reset.resetPerson(deps, email, options)
}
