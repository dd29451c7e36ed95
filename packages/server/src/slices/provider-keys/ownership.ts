import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { absentField, requireOwnTeam } from '../../platform/reach'
import type { Tx } from '../../platform/tenancy'
import { holdMember } from './queries'

interface Owners {
  ownerMemberId?: string | null | undefined
  ownerTeamId?: string | null | undefined
}

/** Whom a body names as owner is there and stays; what a body does not name is not looked at. */
export async function requireOwners(tx: Tx, actor: Actor, { ownerMemberId, ownerTeamId }: Owners): Promise<void> {
  if (ownerTeamId !== undefined) await requireOwnTeam(tx, actor, ownerTeamId, 'ownerTeamId')
  if (ownerMemberId && !(await holdMember(tx, ownerMemberId))) throw absentField('ownerMemberId')
}

export function readExpiry(text: string | null, now: Date): Date | null {
  if (text === null) return null
  const expiry = new Date(text)
  if (expiry > now) return expiry
  throw new AppError('invalid_request', { message: 'The request is not valid: expiresAt must be in the future.' })
}
