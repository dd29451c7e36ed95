import { randomBytes } from 'node:crypto'
import type { CreatedInvitation, CreateInvitation, InvitationPage, ListInvitations } from '@keylease/shared/contracts/invitations'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { membersChanged } from '../../platform/platform-key-cache'
import { hasMemberWithEmail, requireTeams } from '../members/service'
import { assertNotAbove } from '../roles/service'
import { toInvitation } from './mapping'
import * as rows from './queries'

const lifeMs = 7 * 24 * 3_600_000

export function listInvitationPage(deps: Deps, actor: Actor, { status, cursor, limit }: ListInvitations): Promise<InvitationPage> {
  const after = readCursor('invitation', cursor)
  const filter = { status, now: deps.clock.now() }
  return readAs(deps, actor, async (tx) => {
    const found = await rows.listInvitationRows(tx, filter, { after, take: limit + 1 })
    const total = await rows.countInvitationRows(tx, filter, countLimit)
    return toPage(found.map((row) => toInvitation(row, filter.now)), limit, total) // biome-ignore format: one line
  })
}

export async function createInvitation(deps: Deps, exchange: Exchange, actor: Actor, input: CreateInvitation): Promise<CreatedInvitation> {
  assertNotAbove(actor, input.role)
  const created = await writeAs(deps, actor, async (tx) => {
    if (await hasMemberWithEmail(tx, input.email)) throw new AppError('member_exists')
    await requireTeams(tx, input.teamIds)
    const now = deps.clock.now()
    await rows.revokeOpenInvitations(tx, input.email, now)
    const token = randomBytes(32).toString('base64url')
    const { hash, version } = deps.keyring.hash('pepper', token)
    const id = newId('invitation')
    const expiresAt = new Date(now.getTime() + lifeMs)
    const secret = { tokenHash: new Uint8Array(hash), pepperVersion: version }
    const values = { ...input, organizationId: actor.organizationId, id, invitedBy: actor.name, createdAt: now, expiresAt }
    const invitation = toInvitation(await rows.insertInvitation(tx, { ...values, ...secret }), now)
    await recordAudit(tx, deps.clock, actor, { action: 'invitation.created', resource: { kind: 'invitation', id }, after: invitation })
    await recordChange(tx, { organizationId: actor.organizationId, kind: membersChanged })
    return { ...invitation, link: `${exchange.origin}/invite?token=${token}` }
  })
  mailInvitation(deps, actor, created)
  return created
}

function mailInvitation({ mail }: Deps, actor: Actor, { email, link }: CreatedInvitation): void {
  mail.send({
    to: email,
    subject: 'You are invited to Keylease',
    text: `${actor.name} invites you to Keylease. Open this link within seven days:\n\n${link}\n\nIf you did not expect it, do nothing.`,
  })
}

export function revokeInvitation(deps: Deps, actor: Actor, id: string): Promise<void> {
  return writeAs(deps, actor, async (tx) => {
    const row = await rows.lockInvitation(tx, id)
    if (!row) throw new AppError('not_found')
    const now = deps.clock.now()
    const before = toInvitation(row, now)
    if (before.status === 'pending') await rows.updateInvitationRow(tx, actor.organizationId, id, { revokedAt: now })
    await recordAudit(tx, deps.clock, actor, { action: 'invitation.revoked', resource: { kind: 'invitation', id }, before })
    await recordChange(tx, { organizationId: actor.organizationId, kind: membersChanged })
  })
}
