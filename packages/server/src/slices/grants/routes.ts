import * as contract from '@keylease/shared/contracts/grants'
import { checkPolicy as checkPolicyEndpoint } from '@keylease/shared/contracts/policy'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { checkPolicy } from './policy-check'
import { createGrant, deleteGrant, getGrant, listGrantPage, updateGrant } from './service'

export const grantRoutes = (deps: Deps): Route[] => [
  handle(contract.listGrants, ({ actor, query }) => listGrantPage(deps, actor, query)),
  handle(contract.createGrant, ({ actor, body }) => createGrant(deps, actor, body)),
  handle(contract.getGrant, ({ actor, params }) => getGrant(deps, actor, params.grantId)),
  handle(contract.updateGrant, ({ actor, params, body }) => updateGrant(deps, actor, params.grantId, body)),
  handle(contract.deleteGrant, ({ actor, params }) => deleteGrant(deps, actor, params.grantId)),
  handle(checkPolicyEndpoint, ({ actor, params, body }) => checkPolicy(deps, actor, params.agentId, body)),
]
