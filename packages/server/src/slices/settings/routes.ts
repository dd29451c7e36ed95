import * as contract from '@keylease/shared/contracts/settings'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { getSettings, updateSettings } from './service'

export const settingsRoutes = (deps: Deps): Route[] => [
  handle(contract.getSettings, ({ actor }) => getSettings(deps, actor)),
  handle(contract.updateSettings, ({ actor, body }) => updateSettings(deps, actor, body)),
]
