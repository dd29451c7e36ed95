import * as contract from '@keylease/shared/contracts/invitations'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { acceptInvitation } from './acceptance'
import { createInvitation, listInvitationPage, revokeInvitation } from './service'

export const invitationRoutes = (deps: Deps): Route[] => [
  handle(contract.listInvitations, ({ actor, query }) => listInvitationPage(deps, actor, query)),
  handle(contract.createInvitation, ({ actor, body, exchange }) => createInvitation(deps, exchange, actor, body)),
  handle(contract.revokeInvitation, ({ actor, params }) => revokeInvitation(deps, actor, params.invitationId)),
  handle(contract.acceptInvitation, ({ body, exchange }) => acceptInvitation(deps, exchange, body)),
]
