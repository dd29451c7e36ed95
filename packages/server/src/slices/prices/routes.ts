import * as comparison from '@keylease/shared/contracts/price-comparison'
import * as contract from '@keylease/shared/contracts/prices'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { comparePrices } from './comparison'
import { listPricePage } from './listing'
import { createPrice, deletePrice } from './service'

export const priceRoutes = (deps: Deps): Route[] => [
  handle(contract.listPrices, ({ actor, query }) => listPricePage(deps, actor, query)),
  handle(comparison.comparePrices, ({ actor, query }) => comparePrices(deps, actor, query)),
  handle(contract.createPrice, ({ actor, body }) => createPrice(deps, actor, body)),
  handle(contract.deletePrice, ({ actor, params }) => deletePrice(deps, actor, params.priceId)),
]
