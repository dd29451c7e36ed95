import * as contract from '@keylease/shared/contracts/attribution-rules'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { createAttributionRule, deleteAttributionRule, getAttributionRule, listAttributionRulePage, updateAttributionRule } from './service'

export const attributionRuleRoutes = (deps: Deps): Route[] => [
  handle(contract.listAttributionRules, ({ actor, query }) => listAttributionRulePage(deps, actor, query)),
  handle(contract.createAttributionRule, ({ actor, body }) => createAttributionRule(deps, actor, body)),
  handle(contract.getAttributionRule, ({ actor, params }) => getAttributionRule(deps, actor, params.attributionRuleId)),
  handle(contract.updateAttributionRule, ({ actor, params, body }) => updateAttributionRule(deps, actor, params.attributionRuleId, body)),
  handle(contract.deleteAttributionRule, ({ actor, params }) => deleteAttributionRule(deps, actor, params.attributionRuleId)),
]
