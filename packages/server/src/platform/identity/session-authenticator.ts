import { permissionsOfRole } from '@keylease/shared/contracts/permissions'
import type { Env } from '../../env'
import type { Authenticator, Credential, Principal } from '../auth'
import type { Clock } from '../clock'
import type { Database } from '../db'
import type { Events } from '../events'
import type { Keyring } from '../keyring'
import type { SettingsReader } from '../organization-settings'
import { reachOfRole } from '../reach'
import { createSessionCookie } from './session-cookie'
import { deleteSessions, findPersonSession, type PersonSession, touchSession } from './session-rows'

/** A session ended, or what its person may do has changed. */
export const sessionsChanged = 'sessions.changed'

interface Room {
  env: Env
  db: Pick<Database, 'authPool' | 'appPool'>
  keyring: Keyring
  events: Events
  clock: Clock
  settings: SettingsReader
}

// Below a second even where the change feed is slow: revoked is revoked everywhere.
const rememberedMs = 500
const touchMs = 60_000

export interface SessionAuthenticator extends Authenticator {
  /** The same without being activity: what stays open by itself keeps no session from idling. */
  check(credential: Credential): Promise<Principal | null>
  /** Forgets what was read, so that the next request asks the database. */
  forget(): void
}

/** The cookie of a browser: a session that is neither idle for too long nor too old, of a person who is still a member. */
export function createSessionAuthenticator(room: Room): SessionAuthenticator {
  const cookie = createSessionCookie(room.env, room.keyring)
  const sessions = createMemory(room.clock, (token) => findPersonSession(room.db.authPool, { token }))
  room.events.on(sessionsChanged, sessions.forget)
  room.events.on('reload', sessions.forget)

  const find = async (credential: Credential) => {
    const token = credential.cookie && cookie.read(credential.cookie)
    const session = token ? await sessions.get(token) : null
    if (!session || !(await isOver(room, session))) return session
    await deleteSessions(room.db.authPool, { id: session.id })
    sessions.forget()
    return null
  }

  return {
    forget: sessions.forget,
    async check(credential) {
      const session = await find(credential)
      return session && toPrincipal(session)
    },
    async authenticate(credential) {
      const session = await find(credential)
      if (!session) return null
      await touch(room, session)
      return toPrincipal(session)
    },
  }
}

async function isOver({ clock, settings }: Room, session: PersonSession): Promise<boolean> {
  const now = clock.now().getTime()
  const { sessionIdleMinutes, sessionAbsoluteHours } = await settings.get(session.organizationId)
  const idleEnd = session.seenAt.getTime() + sessionIdleMinutes * 60_000
  const absoluteEnd = Math.min(session.expiresAt.getTime(), session.createdAt.getTime() + sessionAbsoluteHours * 3_600_000)
  return now >= idleEnd || now >= absoluteEnd
}

async function touch({ clock, db }: Room, session: PersonSession): Promise<void> {
  const now = clock.now()
  if (now.getTime() - session.seenAt.getTime() < touchMs) return
  session.seenAt = now
  await touchSession(db, session, now)
}

export const toPrincipal = (session: PersonSession): Principal => ({
  kind: 'person',
  id: session.memberId,
  name: session.name,
  organizationId: session.organizationId,
  permissions: permissionsOfRole(session.role),
  reach: reachOfRole(session.role, session.teamIds),
  role: session.role,
  memberId: session.memberId,
  userId: session.userId,
  sessionId: session.id,
})

interface Memory<T> {
  get(key: string): Promise<T | null>
  forget(): void
}

/** What is there is remembered for a moment; what is not is asked again, so that nobody fills the memory with guesses. */
function createMemory<T>(clock: Clock, load: (key: string) => Promise<T | null>): Memory<T> {
  const known = new Map<string, { value: T; untilMs: number }>()
  let generation = 0
  return {
    async get(key) {
      const now = clock.monotonicMs()
      const found = known.get(key)
      if (found && found.untilMs > now) return found.value
      known.delete(key)
      const startedIn = generation
      const value = await load(key)
      if (value !== null && startedIn === generation) known.set(key, { value, untilMs: now + rememberedMs })
      for (const [oldest, { untilMs }] of known) {
        if (untilMs > now) break
        known.delete(oldest)
      }
      return value
    },
    forget() {
      generation++
      known.clear()
    },
  }
}
