import * as contract from '@keylease/shared/contracts/sessions'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { endSession, listSessionPage, switchOrganization } from './service'

export const sessionRoutes = (deps: Deps): Route[] => [
  handle(contract.listSessions, ({ actor, query }) => listSessionPage(deps, actor, query)),
  handle(contract.endSession, ({ actor, params }) => endSession(deps, actor, params.sessionId)),
  handle(contract.switchOrganization, ({ actor, body, exchange }) => switchOrganization(deps, exchange, actor, body)),
]
