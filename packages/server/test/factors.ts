import { createAuthenticator, createTotpCode, type SoftAuthenticator } from './authenticator'
import type { Harness } from './harness'
import type { TestPerson } from './people'

type Answer = Record<string, unknown>

/** Calls as a person and reads the answer; anything but success is a mistake of the test. */
export async function callAs(
  harness: Harness,
  person: TestPerson,
  method: string,
  path: string,
  body?: unknown,
  headers = {},
): Promise<Answer> {
  const response = await harness.request(method, path, { person, headers, ...(body === undefined ? {} : { body }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

/** A token for one operation, given without asking for a factor. */
export async function grantStepUp(harness: Harness, { sessionId }: TestPerson, endpoint: string, object = '') {
  const { token } = await harness.deps.stepUps.issue({ sessionId, endpoint, object })
  return { 'x-keylease-step-up': token }
}

/** Sets up an authenticator app with the present code, so that the next one is still unused. */
export async function addTotp(harness: Harness, person: TestPerson): Promise<{ totpUri: string; backupCodes: string[] }> {
  const enabled = await callAs(harness, person, 'POST', '/api/auth/two-factor/enable', { password: person.password })
  const totpUri = String(enabled['totpURI'])
  await callAs(harness, person, 'POST', '/api/auth/two-factor/verify-totp', { code: createTotpCode(totpUri, 0) })
  const me = await callAs(harness, person, 'GET', '/api/auth/get-session')
  person.sessionId = (me['session'] as { id: string }).id
  return { totpUri, backupCodes: (enabled['backupCodes'] as string[]).slice() }
}

export async function addPasskey(harness: Harness, person: TestPerson): Promise<{ id: string; authenticator: SoftAuthenticator }> {
  const authenticator = createAuthenticator()
  const { challenge } = await callAs(harness, person, 'GET', '/api/auth/passkey/generate-register-options')
  const headers = await grantStepUp(harness, person, 'registerPasskey')
  const body = { name: 'Laptop', response: authenticator.register(String(challenge)) }
  const added = await callAs(harness, person, 'POST', '/api/auth/passkey/verify-registration', body, headers)
  return { id: String(added['id']), authenticator }
}

/** A new browser of the same person. */
export const otherBrowser = (person: TestPerson): TestPerson => ({ ...person, cookies: new Map() })

export function signInAs(harness: Harness, person: TestPerson, password = person.password, headers: Record<string, string> = {}) {
  return harness.request('POST', '/api/auth/sign-in/email', { person, headers, body: { email: person.email, password } })
}
