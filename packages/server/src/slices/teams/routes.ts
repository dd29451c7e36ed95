import * as contract from '@keylease/shared/contracts/teams'
import type { Deps } from '../../deps'
import { handle, type Route } from '../../platform/http'
import { addTeamMember, createTeam, deleteTeam, getTeam, listTeamPage, removeTeamMember, updateTeam } from './service'

export const teamRoutes = (deps: Deps): Route[] => [
  handle(contract.listTeams, ({ actor, query }) => listTeamPage(deps, actor, query)),
  handle(contract.createTeam, ({ actor, body }) => createTeam(deps, actor, body)),
  handle(contract.getTeam, ({ actor, params }) => getTeam(deps, actor, params.teamId)),
  handle(contract.updateTeam, ({ actor, params, body }) => updateTeam(deps, actor, params.teamId, body)),
  handle(contract.deleteTeam, ({ actor, params }) => deleteTeam(deps, actor, params.teamId)),
  handle(contract.addTeamMember, ({ actor, params }) => addTeamMember(deps, actor, params)),
  handle(contract.removeTeamMember, ({ actor, params }) => removeTeamMember(deps, actor, params)),
]
