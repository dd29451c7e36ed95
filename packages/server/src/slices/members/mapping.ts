import type { Member } from '@keylease/shared/contracts/members'
import { roles } from '@keylease/shared/contracts/permissions'
import { z } from 'zod'
import type { MemberRow } from './queries'

const Role = z.enum(roles)

export const toMember = (row: MemberRow, teamIds: string[]): Member => ({
  id: row.id,
  userId: row.userId,
  email: row.email,
  name: row.name,
  role: Role.parse(row.role),
  teamIds,
  lastActiveAt: row.lastActiveAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
})
