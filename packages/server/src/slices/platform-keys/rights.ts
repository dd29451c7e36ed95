import { type Role, roles, type Scope } from '@keylease/shared/contracts/permissions'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { reachOf } from '../../platform/reach'

/** How far a key may go: never further than whoever made it. */
export interface KeyRights {
  scopes: readonly string[]
  ceilingRole: string
  isTeamBound: boolean
  teamIds: readonly string[]
}

/** What these scopes come to when this actor hands them out. No key is an Owner. */
export function grantRights(actor: Actor, scopes: readonly Scope[]): KeyRights & { ceilingRole: Role; teamIds: string[] } {
  const reach = reachOf(actor)
  const rights = { scopes, ceilingRole: ceilingOf(actor), isTeamBound: reach !== null, teamIds: [...(reach ?? [])] }
  assertHolds(actor, rights)
  return rights
}

/** Who takes a key into their hands must already hold what it grants. A key that only leases or ingests manages nothing. */
export function assertHolds(actor: Actor, key: KeyRights): void {
  if (key.scopes.every((scope) => scope === 'lease' || scope === 'ingest')) return
  const isAdmin = ceilingOf(actor) === 'admin'
  const reach = reachOf(actor)
  const isWithinReach = reach === null || (key.isTeamBound && key.teamIds.every((teamId) => reach.includes(teamId)))
  const isWithinRole = isAdmin || (key.ceilingRole === ceilingOf(actor) && !key.scopes.includes('admin'))
  if (isWithinReach && isWithinRole) return
  throw new AppError('forbidden', {
    message: 'This credential may not do that: the key would grant more than its holder has. Ask an Admin.',
  })
}

/** A principal without a role can hand on nothing but what a Viewer may. */
function ceilingOf({ role = 'viewer' }: Actor): Role {
  return roles.indexOf(role) < roles.indexOf('admin') ? 'admin' : role
}
