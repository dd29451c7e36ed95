import type { Agent } from '@keylease/shared/contracts/agents'
import type { AgentRow } from './queries'

export const toAgent = (row: AgentRow): Agent => ({
  id: row.id,
  name: row.name,
  projectId: row.projectId,
  description: row.description,
  ownerMemberId: row.ownerMemberId,
  enabled: row.enabled,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
