import { createOwnerPath, resetPerson } from '../src/slices/people/service'
import { createAuthenticator, createTotpCode } from './authenticator'
import { addPasskey, addTotp, callAs, grantStepUp, otherBrowser, signInAs } from './factors'
import type { Harness, RequestOptions } from './harness'
import { createSession, type TestPerson } from './people'

/** Does it once more, with whatever is spent by trying; gives whether it was done. */
type Act = () => Promise<boolean>
type Prepare = (harness: Harness) => Promise<Act>

const tokenOf = (link: string | null | undefined) => new URL(link ?? '', 'http://localhost').searchParams.get('token')

function send(
  harness: Harness,
  method: string,
  path: string,
  options: RequestOptions,
  stepUp?: { endpoint: string; object?: string },
): Act {
  return async () => {
    const { person } = options
    const headers = stepUp && person ? await grantStepUp(harness, person, stepUp.endpoint, stepUp.object) : {}
    return (await harness.request(method, path, { ...options, headers })).ok
  }
}

/** A browser that has shown the password and is asked for the second factor. */
async function startChallenge(harness: Harness, person: TestPerson): Promise<TestPerson> {
  const browser = otherBrowser(person)
  await signInAs(harness, browser)
  return browser
}

/** Everything that changes a person, their factors, their sessions or their place, and leaves an entry in the trail. */
export const personActs: Record<string, Prepare> = {
  async 'a sign-in'(harness) {
    const person = await harness.createPerson()
    return async () => (await signInAs(harness, otherBrowser(person))).ok
  },
  async 'a sign-out'(harness) {
    return send(harness, 'POST', '/api/auth/sign-out', { person: await harness.createPerson() })
  },
  async 'a new password'(harness) {
    const person = await harness.createPerson()
    const body = { currentPassword: person.password, newPassword: 'another long password' }
    return send(harness, 'POST', '/api/auth/change-password', { person, body }, { endpoint: 'changePassword' })
  },
  async 'a reset password'(harness) {
    const token = tokenOf((await resetPerson(harness.deps, (await harness.createPerson()).email))?.path)
    return send(harness, 'POST', '/api/auth/reset-password', { token: null, body: { token, newPassword: 'another long password' } })
  },
  async 'a reset by the operator'(harness) {
    const person = await harness.createPerson()
    await addTotp(harness, person)
    await addPasskey(harness, person)
    return async () => resetPerson(harness.deps, person.email, { removesFactors: true }).then(Boolean, () => false)
  },
  async 'an authenticator app that is prepared'(harness) {
    const person = await harness.createPerson()
    return send(harness, 'POST', '/api/auth/two-factor/enable', { person, body: { password: person.password } })
  },
  async 'an authenticator app that is added'(harness) {
    const person = await harness.createPerson()
    const { totpURI } = await callAs(harness, person, 'POST', '/api/auth/two-factor/enable', { password: person.password })
    return send(harness, 'POST', '/api/auth/two-factor/verify-totp', { person, body: { code: createTotpCode(String(totpURI)) } })
  },
  async 'an authenticator app that is removed'(harness) {
    const person = await harness.createPerson()
    await addTotp(harness, person)
    const body = { password: person.password }
    return send(harness, 'POST', '/api/auth/two-factor/disable', { person, body }, { endpoint: 'disableTotp' })
  },
  async 'new backup codes'(harness) {
    const person = await harness.createPerson()
    await addTotp(harness, person)
    const body = { password: person.password }
    return send(harness, 'POST', '/api/auth/two-factor/generate-backup-codes', { person, body }, { endpoint: 'generateBackupCodes' })
  },
  async 'a sign-in with a code'(harness) {
    const person = await harness.createPerson()
    const { totpUri } = await addTotp(harness, person)
    const body = { code: createTotpCode(totpUri) }
    return send(harness, 'POST', '/api/auth/two-factor/verify-totp', { person: await startChallenge(harness, person), body })
  },
  async 'a sign-in with a backup code'(harness) {
    const person = await harness.createPerson()
    const { backupCodes } = await addTotp(harness, person)
    const body = { code: backupCodes[0] }
    return send(harness, 'POST', '/api/auth/two-factor/verify-backup-code', { person: await startChallenge(harness, person), body })
  },
  async 'a sign-in with a passkey'(harness) {
    const person = await harness.createPerson()
    const { authenticator } = await addPasskey(harness, person)
    const browser = otherBrowser(person)
    const { challenge } = await callAs(harness, browser, 'GET', '/api/auth/passkey/generate-authenticate-options')
    const body = { response: authenticator.authenticate(String(challenge)) }
    return send(harness, 'POST', '/api/auth/passkey/verify-authentication', { person: browser, body })
  },
  async 'a passkey that is added'(harness) {
    const person = await harness.createPerson()
    const { challenge } = await callAs(harness, person, 'GET', '/api/auth/passkey/generate-register-options')
    const body = { name: 'Laptop', response: createAuthenticator().register(String(challenge)) }
    return send(harness, 'POST', '/api/auth/passkey/verify-registration', { person, body }, { endpoint: 'registerPasskey' })
  },
  async 'a passkey that is removed'(harness) {
    const person = await harness.createPerson()
    const { id } = await addPasskey(harness, person)
    return send(harness, 'POST', '/api/auth/passkey/delete-passkey', { person, body: { id } }, { endpoint: 'deletePasskey' })
  },
  async 'a fresh factor'(harness) {
    const person = await harness.createPerson()
    const { backupCodes } = await addTotp(harness, person)
    const factor = { kind: 'backup-code', code: backupCodes[0] }
    return send(harness, 'POST', '/api/v1/step-up', { person, body: { endpoint: 'removeMember', object: person.memberId, factor } })
  },
  async 'a session that is ended'(harness) {
    const person = await harness.createPerson()
    const { sessionId } = await createSession(harness.deps, person.userId, person.organizationId)
    return send(harness, 'DELETE', `/api/v1/sessions/${sessionId}`, { person })
  },
  async 'another organization'(harness) {
    const person = await harness.createPerson()
    const organizationId = await harness.createTenant()
    await harness.createPerson({ organizationId, as: person })
    return send(harness, 'POST', '/api/v1/sessions/current/organization', { person, body: { organizationId } })
  },
  async 'an accepted invitation'(harness) {
    const owner = await harness.createPerson()
    const email = `new-${owner.userId}@example.com`
    const { link } = await callAs(harness, owner, 'POST', '/api/v1/invitations', { email })
    const body = { token: tokenOf(String(link)), name: 'Grace Hopper', password: 'a long enough password' }
    return send(harness, 'POST', '/api/v1/invitations/accept', { token: null, body })
  },
  async 'an Owner by the link'(harness) {
    const token = tokenOf(await createOwnerPath(harness.deps))
    const body = { token, name: 'Grace Hopper', email: 'grace@example.com', password: 'a long enough password' }
    return send(harness, 'POST', '/api/v1/owner', { token: null, body })
  },
  async 'another role'(harness) {
    const [owner, member] = [await harness.createPerson(), await harness.createPerson({ role: 'admin' })]
    const stepUp = { endpoint: 'updateMember', object: member.memberId }
    return send(harness, 'PATCH', `/api/v1/members/${member.memberId}`, { person: owner, body: { role: 'viewer' } }, stepUp)
  },
  async 'a member who is removed'(harness) {
    const [owner, member] = [await harness.createPerson(), await harness.createPerson({ role: 'user' })]
    const stepUp = { endpoint: 'removeMember', object: member.memberId }
    return send(harness, 'DELETE', `/api/v1/members/${member.memberId}`, { person: owner }, stepUp)
  },
  async 'a member who leaves'(harness) {
    const person = await harness.createPerson({ role: 'viewer' })
    return send(harness, 'DELETE', '/api/v1/members/me', { person }, { endpoint: 'leaveOrganization' })
  },
}
