import type { Session } from '@keylease/shared/contracts/sessions'
import type { SessionRow } from '../../platform/identity/session-rows'

export const toSession = (row: SessionRow, currentId: string | undefined): Session => ({
  id: row.id,
  userId: row.userId,
  organizationId: row.organizationId,
  address: row.address || null,
  userAgent: row.userAgent || null,
  isCurrent: row.id === currentId,
  seenAt: row.seenAt.toISOString(),
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
})
