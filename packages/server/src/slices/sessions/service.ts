import type { ListSessions, Session, SessionPage, SwitchOrganization } from '@keylease/shared/contracts/sessions'
import type { Deps } from '../../deps'
import { readAs, writeAsPerson } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { findMemberships } from '../../platform/identity/person-rows'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import {
  countSessionRows,
  deleteSessions,
  findSessionRow,
  listSessionRows,
  renewSessionToken,
  type SessionFilter,
  type SessionRow,
} from '../../platform/identity/session-rows'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { absentField } from '../../platform/reach'
import { requireMember } from '../members/service'
import { toSession } from './mapping'

/** Owners and Admins oversee the sessions of their organization, and so does a key that is nobody's. */
const oversees = ({ kind, role }: Actor) => kind !== 'person' || role === 'owner' || role === 'admin'

export async function listSessionPage(deps: Deps, actor: Actor, query: ListSessions): Promise<SessionPage> {
  const { authPool } = deps.db
  const after = readCursor('session', query.cursor)
  const filter = await toFilter(deps, actor, query.memberId)
  const now = deps.clock.now()
  const found = await listSessionRows(authPool, filter, { after, take: query.limit + 1, now })
  const total = await countSessionRows(authPool, filter, now, countLimit)
  return toPage(found.map((row) => toSession(row, actor.sessionId)), query.limit, total) // biome-ignore format: one line
}

async function toFilter(deps: Deps, actor: Actor, memberId: string | undefined): Promise<SessionFilter> {
  const { organizationId, userId } = actor
  if (memberId === undefined || memberId === actor.memberId) return userId ? { userId } : { organizationId }
  if (!oversees(actor)) throw absentField('memberId')
  const member = await readAs(deps, actor, (tx) => requireMember(tx, memberId)).catch((error: unknown) => {
    throw error instanceof AppError && error.code === 'not_found' ? absentField('memberId') : error
  })
  return { userId: member.userId, organizationId }
}

const isReachable = (actor: Actor, row: SessionRow) =>
  row.userId === actor.userId || (oversees(actor) && row.organizationId === actor.organizationId)

export async function endSession(deps: Deps, actor: Actor, id: string): Promise<void> {
  await writeAsPerson(deps, actor, async ({ tx, client }) => {
    const row = await findSessionRow(client, id)
    if (!row || !isReachable(actor, row)) throw new AppError('not_found')
    await recordAudit(tx, deps.clock, actor, { action: 'session.ended', resource: { kind: 'session', id }, before: { userId: row.userId } })
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    if ((await deleteSessions(client, { id })) === 0) throw new AppError('not_found')
  })
  deps.sessions.forget()
}

/** Written in the organization that is left: the one that is entered is only known to be the person's. */
export async function switchOrganization(deps: Deps, exchange: Exchange, actor: Actor, input: SwitchOrganization): Promise<Session> {
  const { sessionId = '', userId = '' } = actor
  let token: string | undefined
  const session = await writeAsPerson(deps, actor, async ({ tx, client }) => {
    const places = await findMemberships(client, userId)
    if (!places.some(({ organizationId }) => organizationId === input.organizationId)) throw absentField('organizationId')
    const resource = { kind: 'session', id: sessionId }
    const [before, after] = [{ organizationId: actor.organizationId }, input]
    await recordAudit(tx, deps.clock, actor, { action: 'session.switched', resource, before, after })
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    token = await renewSessionToken(client, sessionId, input.organizationId)
    const row = await findSessionRow(client, sessionId)
    if (!row) throw new AppError('unauthenticated')
    return toSession(row, sessionId)
  })
  deps.sessions.forget()
  if (token) exchange.setCookie(deps.identity.cookie.write(token))
  return session
}
