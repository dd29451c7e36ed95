import * as contract from '@keylease/shared/contracts/provider-keys'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { revealProviderKey, revokeProviderKey, verifyProviderKey } from './checking'
import { getProviderKeyHealth } from './health/report'
import { rotateProviderKey } from './rotation'
import * as service from './service'
import { createProviderKey } from './storing'
import { testProviderKey } from './testing'

export const providerKeyRoutes = (deps: Deps): Route[] => [
  handle(contract.listProviderKeys, ({ actor, query }) => service.listProviderKeyPage(deps, actor, query)),
  handle(contract.createProviderKey, ({ actor, body }) => createProviderKey(deps, actor, body)),
  handle(contract.getProviderKey, ({ actor, params }) => service.getProviderKey(deps, actor, params.keyId)),
  handle(contract.updateProviderKey, ({ actor, params, body }) => service.updateProviderKey(deps, actor, params.keyId, body)),
  handle(contract.deleteProviderKey, ({ actor, params }) => service.deleteProviderKey(deps, actor, params.keyId)),
  handle(contract.restoreProviderKey, ({ actor, params }) => service.restoreProviderKey(deps, actor, params.keyId)),
  handle(contract.getProviderKeyImpact, ({ actor, params }) => service.getProviderKeyImpact(deps, actor, params.keyId)),
  handle(contract.rotateProviderKey, ({ actor, params, body }) => rotateProviderKey(deps, actor, params.keyId, body)),
  handle(contract.verifyProviderKey, ({ actor, params }) => verifyProviderKey(deps, actor, params.keyId)),
  handle(contract.listProviderKeyProbes, ({ actor, params, query }) => service.listProbePage(deps, actor, params.keyId, query)),
  handle(contract.getProviderKeyHealth, ({ actor, params }) => getProviderKeyHealth(deps, actor, params.keyId)),
  handle(contract.testProviderKey, ({ actor, params, body }) => testProviderKey(deps, actor, params.keyId, body)),
  handle(contract.revokeProviderKey, ({ actor, params, body }) => revokeProviderKey(deps, actor, params.keyId, body)),
  handle(contract.revealProviderKey, ({ actor, params }) => revealProviderKey(deps, actor, params.keyId)),
]
