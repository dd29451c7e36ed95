import type { Project } from '@keylease/shared/contracts/projects'
import { Environment } from '@keylease/shared/contracts/values'
import type { ProjectRow } from './queries'

export const toProject = (row: ProjectRow): Project => ({
  id: row.id,
  name: row.name,
  environment: Environment.parse(row.environment),
  costCentre: row.costCentre,
  teamId: row.teamId,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
