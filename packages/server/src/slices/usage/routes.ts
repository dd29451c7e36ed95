import * as rePricings from '@keylease/shared/contracts/re-pricings'
import { getUsageSummary } from '@keylease/shared/contracts/usage'
import { getUsageBreakdown } from '@keylease/shared/contracts/usage-breakdown'
import * as events from '@keylease/shared/contracts/usage-events'
import * as exporting from '@keylease/shared/contracts/usage-export'
import * as ofKey from '@keylease/shared/contracts/usage-of-key'
import { getUsageTimeseries } from '@keylease/shared/contracts/usage-timeseries'
import type { Deps } from '../../deps'
import { handle, handleFile, type Route } from '../../platform/http'
import { breakUsageDown } from './analytics/breakdown'
import { getUsageEvent, listUsageEvents } from './analytics/events'
import { exportUsage } from './analytics/export'
import { getProviderKeyUsage } from './analytics/key-usage'
import { summarizeUsage } from './analytics/summary'
import { listUsagePoints } from './analytics/timeseries'
import { applyRePricing, createRePricing, getRePricing, listRePricings } from './re-pricing/service'

export const usageRoutes = (deps: Deps): Route[] => [
  handle(getUsageSummary, ({ actor, query }) => summarizeUsage(deps, actor, query)),
  handle(getUsageTimeseries, ({ actor, query }) => listUsagePoints(deps, actor, query)),
  handle(getUsageBreakdown, ({ actor, query }) => breakUsageDown(deps, actor, query)),
  handle(events.listUsageEvents, ({ actor, query }) => listUsageEvents(deps, actor, query)),
  handle(events.getUsageEvent, ({ actor, params }) => getUsageEvent(deps, actor, params.usageEventId)),
  handleFile(exporting.exportUsage, ({ actor, query }) => exportUsage(deps, actor, query)),
  handle(ofKey.getProviderKeyUsage, ({ actor, params }) => getProviderKeyUsage(deps, actor, params.keyId)),
  handle(rePricings.listRePricings, ({ actor, query }) => listRePricings(deps, actor, query)),
  handle(rePricings.createRePricing, ({ actor, body }) => createRePricing(deps, actor, body)),
  handle(rePricings.getRePricing, ({ actor, params }) => getRePricing(deps, actor, params.rePricingId)),
  handle(rePricings.applyRePricing, ({ actor, params }) => applyRePricing(deps, actor, params.rePricingId)),
]
