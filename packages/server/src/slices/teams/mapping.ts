import type { Team } from '@keylease/shared/contracts/teams'
import type { TeamRow } from './queries'

export const toTeam = (row: TeamRow, memberCount: number): Team => ({
  id: row.id,
  name: row.name,
  memberCount,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
