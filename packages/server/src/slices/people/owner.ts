import { randomBytes } from 'node:crypto'
import type { CreateOwner, Owner } from '@keylease/shared/contracts/owner'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { recordAudit } from '../../platform/audit'
import type { Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { assertNotEmail } from '../../platform/identity/password'
import { toLinkActor } from '../../platform/identity/person-audit'
import { findPasswordHash, findPerson, insertPerson } from '../../platform/identity/person-rows'
import { enterTenant, inTenantSql } from '../../platform/tenancy'
import { addMember } from '../members/service'
import { ensureFirstOrganization } from '../organizations/service'
import { findOwnerLink, hasOwnerRow, replaceOwnerLink, spendOwnerLink } from './queries'

type Room = Pick<Deps, 'db' | 'cipher' | 'keyring' | 'clock'>

const lifeMs = 24 * 3_600_000

/** The path of a link that makes an Owner; the one before it is good no more. */
export async function createOwnerPath(deps: Room): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const expiresAt = new Date(deps.clock.now().getTime() + lifeMs)
  await replaceOwnerLink(deps.db.authPool, { ...deps.keyring.hash('pepper', token), expiresAt })
  return `/welcome?token=${token}`
}

/** What a start prints while nobody owns the instance. */
export async function createFirstOwnerPath(deps: Room): Promise<string | null> {
  const organizationId = await ensureFirstOrganization(deps)
  const hasOwner = await inTenantSql(deps.db.systemPool, organizationId, hasOwnerRow)
  return hasOwner ? null : createOwnerPath(deps)
}

/** Of many who send the token at once, one becomes the Owner: the link is spent in the transaction that makes person and member. */
export async function createOwner(deps: Deps, exchange: Exchange, input: CreateOwner): Promise<Owner> {
  await assertGoodLink(deps, input.token)
  assertNotEmail(input.password, input.email)
  const known = await confirmKnownPerson(deps, input)
  const passwordHash = known ? '' : await deps.passwords.hash(input.password)
  const userId = known?.id ?? newId('user')
  const organizationId = await ensureFirstOrganization(deps)
  return deps.db.persons.transact(async ({ tx, client }) => {
    if (!(await spendOwnerLink(client, deps.keyring.hashes('pepper', input.token), deps.clock.now()))) throw new AppError('link_spent')
    const { name, email } = known ?? input
    if (!known) await insertPerson(client, { id: userId, name, email, passwordHash })
    await enterTenant(tx, organizationId)
    const member = await addMember(tx, { organizationId, userId, email, name, role: 'owner', teamIds: [], now: deps.clock.now() })
    const actor = toLinkActor({ memberId: member.id, name, organizationId }, exchange)
    await recordAudit(tx, deps.clock, actor, { action: 'member.created', resource: { kind: 'member', id: member.id }, after: member })
    return { userId, memberId: member.id, organizationId }
  })
}

/** Before any scrypt: strangers make no work. */
async function assertGoodLink({ db, keyring, clock }: Deps, token: string): Promise<void> {
  const link = await findOwnerLink(db.authPool)
  const isGood = link && !link.usedAt && link.expiresAt > clock.now() && keyring.verify('pepper', link.pepperVersion, token, link.tokenHash)
  if (!isGood) throw new AppError('link_spent')
}

/** A person who has an account becomes the Owner with its password. */
async function confirmKnownPerson(deps: Deps, { email, password }: CreateOwner) {
  const known = await findPerson(deps.db.authPool, { email })
  const hash = known && (await findPasswordHash(deps.db.authPool, known.id))
  if (!known || !hash) return null
  if (!(await deps.passwords.verify({ hash, password }))) {
    throw new AppError('sign_in_failed', { message: 'This e-mail address has an account. Send the password of that account.' })
  }
  return known
}
