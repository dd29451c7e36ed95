import * as contract from '@keylease/shared/contracts/members'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { getMember, leaveOrganization, listMemberPage, removeMember, updateMember } from './service'

export const memberRoutes = (deps: Deps): Route[] => [
  handle(contract.listMembers, ({ actor, query }) => listMemberPage(deps, actor, query)),
  handle(contract.getMember, ({ actor, params }) => getMember(deps, actor, params.memberId)),
  handle(contract.updateMember, ({ actor, params, body }) => updateMember(deps, actor, params.memberId, body)),
  handle(contract.leaveOrganization, ({ actor }) => leaveOrganization(deps, actor)),
  handle(contract.removeMember, ({ actor, params }) => removeMember(deps, actor, params.memberId)),
]
