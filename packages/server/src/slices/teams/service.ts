import type { CreateTeam, ListTeams, Team, TeamMemberParams, TeamPage, UpdateTeam } from '@keylease/shared/contracts/teams'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { membersChanged } from '../../platform/platform-key-cache'
import type { Tx } from '../../platform/tenancy'
import { requireMember } from '../members/service'
import { toTeam } from './mapping'
import * as rows from './queries'

export function listTeamPage(deps: Deps, actor: Actor, { search, cursor, limit }: ListTeams): Promise<TeamPage> {
  const after = readCursor('team', cursor)
  return readAs(deps, actor, async (tx) => {
    const found = await rows.listTeamRows(tx, search, { after, take: limit + 1 })
    return toPage(await describeAll(tx, found), limit, await rows.countTeamRows(tx, search, countLimit))
  })
}

async function describeAll(tx: Tx, found: rows.TeamRow[]): Promise<Team[]> {
  const counts = await rows.countTeamMembers(
    tx,
    found.map(({ id }) => id),
  )
  return found.map((row) => toTeam(row, counts.get(row.id) ?? 0))
}

async function describe(tx: Tx, row: rows.TeamRow | null): Promise<Team> {
  const [team] = row ? await describeAll(tx, [row]) : []
  if (!team) throw new AppError('not_found')
  return team
}

export function getTeam(deps: Deps, actor: Actor, id: string): Promise<Team> {
  return readAs(deps, actor, async (tx) => describe(tx, await rows.findTeam(tx, id)))
}

export function createTeam(deps: Deps, actor: Actor, { name }: CreateTeam): Promise<Team> {
  return writeAs(deps, actor, async (tx) => {
    const now = deps.clock.now()
    const values = { organizationId: actor.organizationId, id: newId('team'), createdAt: now, updatedAt: now }
    const team = toTeam(await rows.insertTeam(tx, { ...values, name }), 0)
    await recordAudit(tx, deps.clock, actor, { action: 'team.created', resource: { kind: 'team', id: team.id }, after: team })
    await recordChange(tx, { organizationId: actor.organizationId, kind: membersChanged })
    return team
  })
}

export function updateTeam(deps: Deps, actor: Actor, id: string, { name }: UpdateTeam): Promise<Team> {
  return writeAs(deps, actor, async (tx) => {
    const before = await describe(tx, await rows.lockTeam(tx, id))
    const row = await rows.updateTeamRow(tx, actor.organizationId, id, { name, updatedAt: deps.clock.now() })
    const after = toTeam(row, before.memberCount)
    await recordAudit(tx, deps.clock, actor, { action: 'team.updated', resource: { kind: 'team', id }, before, after })
    await recordChange(tx, { organizationId: actor.organizationId, kind: membersChanged })
    return after
  })
}

export async function deleteTeam(deps: Deps, actor: Actor, id: string): Promise<void> {
  await writeAs(deps, actor, async (tx) => {
    const before = await describe(tx, await rows.lockTeam(tx, id))
    if (await rows.isTeamInUse(tx, id)) throw new AppError('team_in_use')
    await rows.deleteTeamMembers(tx, { teamId: id })
    await rows.updateTeamRow(tx, actor.organizationId, id, { deletedAt: deps.clock.now() })
    await recordAudit(tx, deps.clock, actor, { action: 'team.deleted', resource: { kind: 'team', id }, before })
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    await recordChange(tx, { organizationId: actor.organizationId, kind: membersChanged })
  })
}

/** Whoever works in teams sees the new one with their next request. */
export function addTeamMember(deps: Deps, actor: Actor, { teamId, memberId }: TeamMemberParams): Promise<void> {
  return changeMembers(deps, actor, { teamId, memberId }, 'team.member_added', (tx) =>
    rows.insertTeamMember(tx, actor.organizationId, teamId, memberId),
  )
}

export function removeTeamMember(deps: Deps, actor: Actor, place: TeamMemberParams): Promise<void> {
  return changeMembers(deps, actor, place, 'team.member_removed', (tx) => rows.deleteTeamMembers(tx, place))
}

async function changeMembers(
  deps: Deps,
  actor: Actor,
  { teamId, memberId }: TeamMemberParams,
  action: string,
  change: (tx: Tx) => Promise<unknown>,
): Promise<void> {
  await writeAs(deps, actor, async (tx) => {
    await describe(tx, await rows.lockTeam(tx, teamId))
    await requireMember(tx, memberId)
    await change(tx)
    await recordAudit(tx, deps.clock, actor, { action, resource: { kind: 'team', id: teamId }, after: { memberId } })
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    await recordChange(tx, { organizationId: actor.organizationId, kind: membersChanged })
  })
  deps.sessions.forget()
  deps.platformKeys.forgetOrganization(actor.organizationId)
}
