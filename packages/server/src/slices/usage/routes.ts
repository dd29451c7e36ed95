import * as rePricings from '@keylease/shared/contracts/re-pricings'
import * as usage from '@keylease/shared/contracts/usage'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { applyRePricing, createRePricing, getRePricing, listRePricings } from './re-pricing/service'
import { summarizeUsage } from './summary'

export const usageRoutes = (deps: Deps): Route[] => [
  handle(usage.getUsageSummary, ({ actor, query }) => summarizeUsage(deps, actor, query)),
  handle(rePricings.listRePricings, ({ actor, query }) => listRePricings(deps, actor, query)),
  handle(rePricings.createRePricing, ({ actor, body }) => createRePricing(deps, actor, body)),
  handle(rePricings.getRePricing, ({ actor, params }) => getRePricing(deps, actor, params.rePricingId)),
  handle(rePricings.applyRePricing, ({ actor, params }) => applyRePricing(deps, actor, params.rePricingId)),
]
