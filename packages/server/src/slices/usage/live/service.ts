import { type LiveState, streamLiveEvents } from '@keylease/shared/contracts/live-events'
import { SummaryQuery } from '@keylease/shared/contracts/usage'
import type { Deps } from '../../../deps'
import { type Actor, type Credential, findPrincipal, type Principal, type RefusedCredential } from '../../../platform/auth'
import { isInNetworks } from '../../../platform/request/networks'
import { summarizeUsage } from '../analytics/summary'

/** Where the month stands, of all that the actor may see. */
export async function readLiveState(deps: Deps, actor: Actor): Promise<LiveState> {
  const { from, freshAt, requests, errors, unpriced, costNanos } = await summarizeUsage(deps, actor, SummaryQuery.parse({}))
  return { serverTime: freshAt, organizationId: actor.organizationId, month: { from, requests, errors, unpriced, costNanos } }
}

/** Whether the credential opens the same stream now: for the same actor, with the same reach, from the same address. */
export async function isStillGood(deps: Deps, actor: Actor, credential: Credential): Promise<boolean> {
  const found = await findAgain(deps, actor, credential)
  if (!found || 'refused' in found) return false
  const isSame = found.organizationId === actor.organizationId && found.id === actor.id && isSameReach(found.reach, actor.reach)
  return isSame && found.permissions.has(streamLiveEvents.permission) && (await isAddressAllowed(deps, found, actor.request.address))
}

/** A stream that is open is no activity of a person. */
function findAgain(deps: Deps, { kind, request }: Actor, credential: Credential): Promise<Principal | RefusedCredential | null> {
  return kind === 'person' ? deps.sessions.check(credential) : findPrincipal(deps.authenticators, credential, request)
}

const isSameReach = (one: Principal['reach'], other: Principal['reach']) => toText(one) === toText(other)
const toText = (reach: Principal['reach']) => (reach === 'organization' ? reach : reach.toSorted().join())

async function isAddressAllowed({ settings }: Deps, { kind, organizationId, networks = [] }: Principal, address: string): Promise<boolean> {
  return isInNetworks(address, networks) && (kind !== 'person' || (await settings.isAddressAllowed(organizationId, address)))
}
