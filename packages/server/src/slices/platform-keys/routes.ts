import * as contract from '@keylease/shared/contracts/platform-keys'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import {
  createPlatformKey,
  getPlatformKey,
  getPlatformKeyUsage,
  listPlatformKeyPage,
  regeneratePlatformKey,
  revokePlatformKey,
  updatePlatformKey,
} from './service'

export const platformKeyRoutes = (deps: Deps): Route[] => [
  handle(contract.listPlatformKeys, ({ actor, query }) => listPlatformKeyPage(deps, actor, query)),
  handle(contract.createPlatformKey, ({ actor, body }) => createPlatformKey(deps, actor, body)),
  handle(contract.getPlatformKey, ({ actor, params }) => getPlatformKey(deps, actor, params.keyId)),
  handle(contract.getPlatformKeyUsage, ({ actor, params }) => getPlatformKeyUsage(deps, actor, params.keyId)),
  handle(contract.updatePlatformKey, ({ actor, params, body }) => updatePlatformKey(deps, actor, params.keyId, body)),
  handle(contract.regeneratePlatformKey, ({ actor, params, body }) => regeneratePlatformKey(deps, actor, params.keyId, body)),
  handle(contract.revokePlatformKey, ({ actor, params }) => revokePlatformKey(deps, actor, params.keyId)),
]
