import type { Role } from '@keylease/shared/contracts/permissions'
import type { Actor, Principal } from './auth'
import { AppError } from './errors'
import type { Tx } from './tenancy'

export type Reach = Principal['reach']

/** Whole organization for those who oversee or only look; the teams they are in for those who work. */
export const reachOfRole = (role: Role, teamIds: readonly string[]): Reach =>
  role === 'manager' || role === 'user' ? teamIds : 'organization'

/** The teams beyond which this actor sees and changes nothing; null is the whole organization. */
export function reachOf(actor: Actor): readonly string[] | null {
  return actor.reach === 'organization' ? null : actor.reach
}

/** What belongs to no team is the whole organization's. */
export function isInReach(actor: Actor, teamId: string | null): boolean {
  const teams = reachOf(actor)
  return teams === null || (teamId !== null && teams.includes(teamId))
}

/** Beyond reach reads as absent, as another tenant's does. */
export function assertInReach(actor: Actor, teamId: string | null): void {
  if (!isInReach(actor, teamId)) throw new AppError('not_found')
}

/** What an id in a body names is absent, foreign or beyond reach: all read alike. */
export function absentField(field: string): AppError {
  return new AppError('not_found', {
    message: `${field} names nothing that is here for this credential. Check the id.`,
    details: { field },
  })
}

/**
 * The team that something of the actor is to belong to: it lives and is in reach, and stays until the transaction ends.
 * Who works in teams names one of theirs, else what they make would be out of their own sight.
 */
export async function requireOwnTeam(tx: Tx, actor: Actor, teamId: string | null, field = 'teamId'): Promise<void> {
  if (teamId === null) {
    if (reachOf(actor) === null) return
    throw new AppError('invalid_request', { message: `The request is not valid: ${field} is required. Name one of your teams.` })
  }
  const found = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM team WHERE id = ${teamId} AND deleted_at IS NULL FOR SHARE`
  if (found.length === 0 || !isInReach(actor, teamId)) throw absentField(field)
}
