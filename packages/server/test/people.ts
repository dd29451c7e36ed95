import { randomBytes } from 'node:crypto'
import { examplePassword } from '@keylease/shared/contracts/account'
import type { Role } from '@keylease/shared/contracts/permissions'
import { newId } from '@keylease/shared/ids'
import { hashPassword } from 'better-auth/crypto'
import type { Deps } from '../src/deps'
import { insertPerson } from '../src/platform/identity/person-rows'
import { createSessionToken } from '../src/platform/identity/session-rows'
import { inTenant, inTransaction } from '../src/platform/tenancy'
import { addMember } from '../src/slices/members/service'

/** A person in a browser: their cookies change as the service sets them. */
export interface TestPerson {
  email: string
  password: string
  userId: string
  memberId: string
  sessionId: string
  organizationId: string
  cookies: Map<string, string>
}

export interface PersonInput {
  organizationId: string
  role?: Role
  teamIds?: string[]
  email?: string
  /** Another place of somebody who is there already. */
  as?: TestPerson
}

let passwordHash: Promise<string> | undefined

/** A real account, member and session, signed in with the password of the examples. */
export async function createPerson(deps: Deps, input: PersonInput): Promise<TestPerson> {
  const { organizationId, role = 'owner', teamIds = [], as } = input
  const email = as?.email ?? input.email ?? `person-${randomBytes(6).toString('hex')}@example.com`
  const userId = as?.userId ?? newId('user')
  passwordHash ??= hashPassword(examplePassword)
  const hash = await passwordHash
  if (!as)
    await inTransaction(deps.db.authPool, (client) => insertPerson(client, { id: userId, name: 'Ada Lovelace', email, passwordHash: hash }))
  const member = await inTenant(deps.db, organizationId, (tx) =>
    addMember(tx, { organizationId, userId, email, name: 'Ada Lovelace', role, teamIds, now: deps.clock.now() }),
  )
  const session = await createSession(deps, userId, organizationId)
  return { email, password: examplePassword, userId, memberId: member.id, organizationId, ...session }
}

export async function createSession(deps: Deps, userId: string, organizationId: string) {
  const [sessionId, token] = [newId('session'), createSessionToken()]
  const now = deps.clock.now()
  await deps.db.authPool.query(
    'INSERT INTO session (id, user_id, token, organization_id, seen_at, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $5, $6)',
    [sessionId, userId, token, organizationId, now, new Date(now.getTime() + 24 * 3_600_000)],
  )
  const cookies = new Map<string, string>()
  keepCookies(cookies, [deps.identity.cookie.write(token)])
  return { sessionId, cookies }
}

/** As a browser keeps them: an emptied or expired cookie is gone. */
export function keepCookies(cookies: Map<string, string>, lines: string[]): void {
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '' || /max-age=0/i.test(line)) cookies.delete(name)
    else cookies.set(name, value)
  }
}

export const cookieHeader = (cookies: Map<string, string>) => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
