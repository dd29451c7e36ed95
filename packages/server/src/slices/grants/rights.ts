import type { CreateGrant, Grant } from '@keylease/shared/contracts/grants'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { absentField, reachOf, requireOwnTeam } from '../../platform/reach'
import type { Tx } from '../../platform/tenancy'
import { requireAgent } from '../agents/service'
import { requireProject } from '../projects/service'
import { holdKey, holdMember, isMemberOfTeams } from './queries'

type ManagedKeys = () => Promise<readonly string[] | null>

/** Whom and what a new grant names is there and stays; who works in teams grants to those teams, and keys that they manage. */
export async function assertMayGrant(tx: Tx, actor: Actor, grant: CreateGrant, managedKeys: ManagedKeys): Promise<void> {
  await requireSubject(tx, actor, grant)
  const { keyId } = grant
  if (keyId === undefined) return assertWholeOrganization(actor, 'all keys of a provider, category or tag')
  const managed = await managedKeys()
  if (!(await holdKey(tx, keyId)) || (managed !== null && !managed.includes(keyId))) throw absentField('keyId')
}

/** Seeing a grant is not enough: a change could widen it. */
export async function assertMayChange(tx: Tx, actor: Actor, grant: Grant, managedKeys: ManagedKeys): Promise<void> {
  if (reachOf(actor) === null) return
  if (grant.role !== null) assertWholeOrganization(actor, 'a role')
  if (grant.memberId !== null && !(await isInOwnTeams(tx, actor, grant.memberId))) throw outsideTeams()
  if (grant.keyId === null) assertWholeOrganization(actor, 'all keys of a provider, category or tag')
  const managed = await managedKeys()
  if (managed !== null && !managed.some((id) => id === grant.keyId)) {
    throw new AppError('forbidden', { message: 'This credential may not change this grant: it does not manage the key.' })
  }
}

async function requireSubject(tx: Tx, actor: Actor, { agentId, projectId, teamId, memberId }: CreateGrant): Promise<void> {
  if (agentId !== undefined) await requireAgent(tx, actor, agentId)
  else if (projectId !== undefined) await requireProject(tx, actor, projectId)
  else if (teamId !== undefined) await requireOwnTeam(tx, actor, teamId)
  else if (memberId === undefined) assertWholeOrganization(actor, 'a role')
  else if (!(await holdMember(tx, memberId)) || !(await isInOwnTeams(tx, actor, memberId))) throw absentField('memberId')
}

async function isInOwnTeams(tx: Tx, actor: Actor, memberId: string): Promise<boolean> {
  const teams = reachOf(actor)
  return teams === null || isMemberOfTeams(tx, memberId, teams)
}

function assertWholeOrganization(actor: Actor, what: string): void {
  if (reachOf(actor) === null) return
  throw new AppError('forbidden', { message: `This credential works in teams and may not decide about ${what}. Ask an Admin.` })
}

const outsideTeams = () =>
  new AppError('forbidden', { message: 'This credential may not change this grant: its member is in none of its teams.' })
