import * as contract from '@keylease/shared/contracts/agents'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { createAgent, deleteAgent, getAgent, getAgentImpact, listAgentPage, updateAgent } from './service'

export const agentRoutes = (deps: Deps): Route[] => [
  handle(contract.listAgents, ({ actor, query }) => listAgentPage(deps, actor, query)),
  handle(contract.createAgent, ({ actor, body }) => createAgent(deps, actor, body)),
  handle(contract.getAgent, ({ actor, params }) => getAgent(deps, actor, params.agentId)),
  handle(contract.updateAgent, ({ actor, params, body }) => updateAgent(deps, actor, params.agentId, body)),
  handle(contract.getAgentImpact, ({ actor, params }) => getAgentImpact(deps, actor, params.agentId)),
  handle(contract.deleteAgent, ({ actor, params }) => deleteAgent(deps, actor, params.agentId)),
]
