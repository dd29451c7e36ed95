import { Invitation } from '@keylease/shared/contracts/invitations'
import type { InvitationRow } from './queries'

export const toInvitation = (row: InvitationRow, now: Date): Invitation => ({
  id: row.id,
  email: row.email,
  role: Invitation.shape.role.parse(row.role),
  teamIds: row.teamIds,
  status: toStatus(row, now),
  invitedBy: row.invitedBy,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
})

function toStatus({ acceptedAt, revokedAt, expiresAt }: InvitationRow, now: Date): Invitation['status'] {
  if (acceptedAt) return 'accepted'
  if (revokedAt) return 'revoked'
  return expiresAt > now ? 'pending' : 'expired'
}
