import type { ListMembers, Member, MemberPage, UpdateMember } from '@keylease/shared/contracts/members'
import type { Role } from '@keylease/shared/contracts/permissions'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAsPerson } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import type { PersonTx } from '../../platform/identity/person-transaction'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import { deleteSessions } from '../../platform/identity/session-rows'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { membersChanged } from '../../platform/platform-key-cache'
import type { Tx } from '../../platform/tenancy'
import { assertNotAbove } from '../roles/service'
import { toMember } from './mapping'
import * as rows from './queries'

export function listMemberPage(deps: Deps, actor: Actor, query: ListMembers): Promise<MemberPage> {
  const { search, role, teamId } = query
  const after = readCursor('member', query.cursor)
  return readAs(deps, actor, async (tx) => {
    const found = await rows.listMemberRows(tx, { search, role, teamId }, { after, take: query.limit + 1 })
    const teams = await rows.findTeamIds(tx, found.map(({ id }) => id)) // biome-ignore format: one line
    const total = await rows.countMemberRows(tx, { search, role, teamId }, countLimit)
    return toPage(found.map((row) => toMember(row, teams.get(row.id) ?? [])), query.limit, total) // biome-ignore format: one line
  })
}

export function getMember(deps: Deps, actor: Actor, id: string): Promise<Member> {
  return readAs(deps, actor, (tx) => requireMember(tx, id))
}

/** A member of this organization; whoever else reads as absent. */
export async function requireMember(tx: Tx, id: string): Promise<Member> {
  const row = await rows.findMember(tx, { id })
  if (!row) throw new AppError('not_found')
  return describe(tx, row)
}

async function describe(tx: Tx, row: rows.MemberRow): Promise<Member> {
  return toMember(row, (await rows.findTeamIds(tx, [row.id])).get(row.id) ?? [])
}

export interface NewMember {
  organizationId: string
  userId: string
  email: string
  name: string
  role: Role
  teamIds: string[]
  now: Date
}

/** Gives a person their place. Called by what makes people: the owner link and invitations. */
export async function addMember(tx: Tx, { teamIds, now, ...member }: NewMember): Promise<Member> {
  if (await rows.findMember(tx, { userId: member.userId })) throw new AppError('member_exists')
  const row = await rows.insertMember(tx, { ...member, id: newId('member'), createdAt: now, updatedAt: now })
  await rows.insertTeamMembers(tx, member.organizationId, row.id, await rows.lockTeams(tx, teamIds))
  return describe(tx, row)
}

export async function hasMemberWithEmail(tx: Tx, email: string): Promise<boolean> {
  return (await rows.findMember(tx, { email })) !== null
}

/** The teams that an invitation names, all live and of this organization. */
export async function requireTeams(tx: Tx, teamIds: string[]): Promise<void> {
  const asked = new Set(teamIds)
  if ((await rows.lockTeams(tx, [...asked])).length === asked.size) return
  throw new AppError('not_found', { message: 'teamIds names a team that is not here. Check the ids.', details: { field: 'teamIds' } })
}

export async function updateMember(deps: Deps, actor: Actor, id: string, change: UpdateMember): Promise<Member> {
  const member = await writeAsPerson(deps, actor, async (room) => {
    const { tx } = room
    const before = await lockForChange(tx, actor, id)
    assertNotAbove(actor, change.role)
    if (before.role === 'owner' && change.role !== 'owner') await assertAnotherOwner(tx, id)
    const after = await describe(tx, await rows.updateMemberRow(tx, actor.organizationId, id, { ...change, updatedAt: deps.clock.now() }))
    await recordAudit(tx, deps.clock, actor, { action: 'member.updated', resource: { kind: 'member', id }, before, after })
    if (before.role !== after.role) await endMemberPlace(room, actor, before)
    return after
  })
  forgetMembers(deps, actor)
  return member
}

export async function removeMember(deps: Deps, actor: Actor, id: string): Promise<void> {
  await writeAsPerson(deps, actor, async (room) => {
    const member = await lockForChange(room.tx, actor, id)
    await endMembership(deps, room, actor, member, 'member.removed')
  })
  forgetMembers(deps, actor)
}

/** Whoever is in an organization may go; the last Owner hands it on first. */
export async function leaveOrganization(deps: Deps, actor: Actor): Promise<void> {
  await writeAsPerson(deps, actor, async (room) => {
    const member = await lockForChange(room.tx, actor, actor.memberId ?? '')
    await endMembership(deps, room, actor, member, 'member.left')
  })
  forgetMembers(deps, actor)
}

async function endMembership(deps: Deps, room: PersonTx, actor: Actor, member: Member, action: string): Promise<void> {
  const { id } = member
  if (member.role === 'owner') await assertAnotherOwner(room.tx, id)
  await rows.updateMemberRow(room.tx, actor.organizationId, id, { removedAt: deps.clock.now() })
  await rows.deleteTeamMembers(room.tx, id)
  await endMemberPlace(room, actor, member)
  await recordAudit(room.tx, deps.clock, actor, { action, resource: { kind: 'member', id }, before: member })
}

/** Owners are locked before the member, in the order in which every change locks them. */
async function lockForChange(tx: Tx, actor: Actor, id: string): Promise<Member> {
  await rows.lockOwners(tx)
  const row = await rows.lockMember(tx, id)
  if (!row) throw new AppError('not_found')
  const before = await describe(tx, row)
  assertNotAbove(actor, before.role)
  return before
}

async function assertAnotherOwner(tx: Tx, id: string): Promise<void> {
  if ((await rows.lockOwners(tx)).every((owner) => owner === id)) throw new AppError('last_owner')
}

/** Another role is another session: the person signs in again. */
async function endMemberPlace({ tx, client }: PersonTx, { organizationId }: Actor, { userId }: Member): Promise<void> {
  await deleteSessions(client, { userId, organizationId })
  await recordChange(tx, { organizationId, kind: sessionsChanged })
  await recordChange(tx, { organizationId, kind: membersChanged })
}

/** What this process remembers of the members; the others hear of it from the change feed. */
function forgetMembers(deps: Deps, { organizationId }: Actor): void {
  deps.sessions.forget()
  deps.platformKeys.forgetOrganization(organizationId)
}
