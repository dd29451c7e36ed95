import type { AcceptedInvitation, AcceptInvitation } from '@keylease/shared/contracts/invitations'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { recordAudit } from '../../platform/audit'
import type { Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { assertNotEmail } from '../../platform/identity/password'
import { toLinkActor } from '../../platform/identity/person-audit'
import { findPerson, insertPerson, type PersonRow } from '../../platform/identity/person-rows'
import { membersChanged } from '../../platform/platform-key-cache'
import { enterTenant, inTenant } from '../../platform/tenancy'
import { addMember } from '../members/service'
import { findCurrentPerson } from '../people/service'
import { toInvitation } from './mapping'
import * as rows from './queries'

interface Newcomer {
  name: string
  email: string
  passwordHash: string
}

/** A new person brings a name and a password; one with an account brings their session. */
export async function acceptInvitation(deps: Deps, exchange: Exchange, input: AcceptInvitation): Promise<AcceptedInvitation> {
  const place = await rows.findInvitationPlace(deps.db.authPool, deps.keyring.hashes('pepper', input.token))
  const email = place && (await readEmail(deps, place))
  if (!place || !email) throw new AppError('link_spent')
  const known = await findPerson(deps.db.authPool, { email })
  const newcomer = known ? await assertSignedIn(deps, exchange, known) : await readNewcomer(deps, input, email)
  const userId = known?.id ?? newId('user')
  const name = known?.name ?? newcomer?.name ?? email
  return deps.db.persons.transact(async ({ tx, client }) => {
    const { organizationId } = place
    await enterTenant(tx, organizationId)
    const now = deps.clock.now()
    const row = await rows.lockOpenInvitation(tx, place.id, now)
    if (!row) throw new AppError('link_spent')
    const { role, teamIds } = toInvitation(row, now)
    if (newcomer) await insertPerson(client, { id: userId, ...newcomer })
    const member = await addMember(tx, { organizationId, userId, email, name, role, teamIds, now })
    await rows.updateInvitationRow(tx, organizationId, place.id, { acceptedAt: now })
    const actor = toLinkActor({ memberId: member.id, name, organizationId }, exchange)
    await recordAudit(tx, deps.clock, actor, { action: 'member.created', resource: { kind: 'member', id: member.id }, after: member })
    await recordChange(tx, { organizationId, kind: membersChanged })
    return { memberId: member.id, organizationId, userId }
  })
}

/** Whom an open invitation is for; null once it can no longer be accepted. */
function readEmail(deps: Deps, { organizationId, id }: { organizationId: string; id: string }): Promise<string | null> {
  return inTenant(deps.db, organizationId, async (tx) => (await rows.lockOpenInvitation(tx, id, deps.clock.now()))?.email ?? null)
}

async function assertSignedIn(deps: Deps, exchange: Exchange, known: PersonRow): Promise<null> {
  const actor = await findCurrentPerson(deps, exchange)
  if (actor?.userId === known.id) return null
  throw new AppError('sign_in_failed', { message: 'This e-mail address has an account. Sign in with it, then accept the invitation.' })
}

async function readNewcomer(deps: Deps, { name, password }: AcceptInvitation, email: string): Promise<Newcomer> {
  if (!name || !password) {
    throw new AppError('invalid_request', { message: 'The request is not valid: name and password are required for a new account.' })
  }
  assertNotEmail(password, email)
  return { name, email, passwordHash: await deps.passwords.hash(password) }
}
