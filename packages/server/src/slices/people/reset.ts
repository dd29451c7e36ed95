import { newId } from '@keylease/shared/ids'
import type pg from 'pg'
import type { Deps } from '../../deps'
import { type AuditFact, recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { recordChange } from '../../platform/events'
import { findMemberships, findPerson, unlockTotp } from '../../platform/identity/person-rows'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import { deleteSessions } from '../../platform/identity/session-rows'
import { enterTenant } from '../../platform/tenancy'
import { deletePasskeys, deleteTotp } from './queries'

const minutes = 24 * 60

/** What an operator took away from a person who lost it. */
interface RemovedFactors {
  authenticatorApp: boolean
  passkeys: number
}

export interface PersonReset {
  /** Of a link that sets a new password. */
  path: string
  removed: RemovedFactors | null
}

/** Each organization of the person reads in its trail what an operator did; all of it happens, or none. Null for nobody's address. */
export async function resetPerson(deps: Deps, email: string, { removesFactors = false } = {}): Promise<PersonReset | null> {
  const person = await findPerson(deps.db.authPool, { email })
  const places = person ? await findMemberships(deps.db.authPool, person.id) : []
  if (!person || places.length === 0) return null
  const reset = await deps.db.persons.transact(async ({ tx, client }) => {
    await deleteSessions(client, { userId: person.id })
    await unlockTotp(client, person.id)
    const removed = removesFactors ? await removeFactors(client, person.id) : null
    const resource = { kind: 'user', id: person.id }
    const facts: AuditFact[] = [{ action: 'password.reset_requested', resource }]
    if (removed) facts.push({ action: 'factor.removed', resource, after: removed })
    for (const { organizationId } of places) {
      await enterTenant(tx, organizationId)
      for (const fact of facts) await recordAudit(tx, deps.clock, toOperator(organizationId), fact)
      await recordChange(tx, { organizationId, kind: sessionsChanged })
    }
    return { removed, path: `/reset-password?token=${await deps.identity.createResetToken(person.id, minutes)}` }
  })
  await deps.lockout.clear({ kind: 'account', id: email }, { kind: 'factor', id: person.id })
  return reset
}

async function removeFactors(client: pg.ClientBase, userId: string): Promise<RemovedFactors> {
  return { authenticatorApp: await deleteTotp(client, userId), passkeys: await deletePasskeys(client, userId) }
}

/** Whoever runs a command on the machine itself. */
const toOperator = (organizationId: string): Actor => ({
  kind: 'bootstrap',
  id: 'operator',
  name: 'operator (command line)',
  organizationId,
  permissions: new Set(),
  reach: 'organization',
  request: { id: newId('request'), address: 'local', userAgent: 'keylease' },
})
