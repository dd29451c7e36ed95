import * as contract from '@keylease/shared/contracts/trust-rules'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { createTrustRule, deleteTrustRule, getTrustRule, listTrustRulePage, testTrustRule, updateTrustRule } from './service'

export const trustRuleRoutes = (deps: Deps): Route[] => [
  handle(contract.listTrustRules, ({ actor, query }) => listTrustRulePage(deps, actor, query)),
  handle(contract.createTrustRule, ({ actor, body }) => createTrustRule(deps, actor, body)),
  handle(contract.getTrustRule, ({ actor, params }) => getTrustRule(deps, actor, params.trustRuleId)),
  handle(contract.updateTrustRule, ({ actor, params, body }) => updateTrustRule(deps, actor, params.trustRuleId, body)),
  handle(contract.testTrustRule, ({ actor, params, body }) => testTrustRule(deps, actor, params.trustRuleId, body)),
  handle(contract.deleteTrustRule, ({ actor, params }) => deleteTrustRule(deps, actor, params.trustRuleId)),
]
