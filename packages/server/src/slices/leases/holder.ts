import type { ErrorCode } from '@keylease/shared/errors'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'

/** Who acts for an agent: with one of its platform keys, or as one of its workloads. */
export type AgentActor = Actor & { agentId: string }

export function toAgentActor(actor: Actor): AgentActor {
  const { agentId } = actor
  if (agentId === undefined) throw new AppError('agent_required')
  return { ...actor, agentId }
}

const ended: Partial<Record<string, ErrorCode>> = { released: 'lease_released', expired: 'lease_expired', revoked: 'lease_revoked' }

export function refuseStatus(status: string): void {
  const code = ended[status]
  if (code) throw new AppError(code)
}
