import * as contract from '@keylease/shared/contracts/providers'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { createProvider, deleteProvider, getProvider, getProviderStatus, listProviderPage, updateProvider } from './service'

export const providerRoutes = (deps: Deps): Route[] => [
  handle(contract.listProviders, ({ actor, query }) => listProviderPage(deps, actor, query)),
  handle(contract.createProvider, ({ actor, body }) => createProvider(deps, actor, body)),
  handle(contract.getProvider, ({ actor, params }) => getProvider(deps, actor, params.providerId)),
  handle(contract.getProviderStatus, ({ actor, params }) => getProviderStatus(deps, actor, params.providerId)),
  handle(contract.updateProvider, ({ actor, params, body }) => updateProvider(deps, actor, params.providerId, body)),
  handle(contract.deleteProvider, ({ actor, params }) => deleteProvider(deps, actor, params.providerId)),
]
