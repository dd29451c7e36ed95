import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { recordChange } from '../../platform/events'
import { findMemberships, findPerson, unlockTotp } from '../../platform/identity/person-rows'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import { deleteSessions } from '../../platform/identity/session-rows'
import { inTenant } from '../../platform/tenancy'

const minutes = 24 * 60

/** The path of a link that sets a new password. Each organization of the person reads in its trail that an operator made it. */
export async function resetPerson(deps: Deps, email: string): Promise<string | null> {
  const person = await findPerson(deps.db.authPool, { email })
  const places = person ? await findMemberships(deps.db.authPool, person.id) : []
  if (!person || places.length === 0) return null
  for (const { organizationId } of places) {
    await inTenant(deps.db, organizationId, async (tx) => {
      const fact = { action: 'password.reset_requested', resource: { kind: 'user', id: person.id } }
      await recordAudit(tx, deps.clock, toOperator(organizationId), fact)
      await recordChange(tx, { organizationId, kind: sessionsChanged })
    })
  }
  await deleteSessions(deps.db.authPool, { userId: person.id })
  await unlockTotp(deps.db.authPool, person.id)
  await deps.lockout.clear({ kind: 'account', id: email }, { kind: 'factor', id: person.id })
  return `/reset-password?token=${await deps.identity.createResetToken(person.id, minutes)}`
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
