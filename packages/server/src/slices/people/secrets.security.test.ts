import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dumpDatabase, findSecrets } from '../../../test/canary'
import { addPasskey, addTotp, callAs, otherBrowser, signInAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import type { TestPerson } from '../../../test/people'
import { createOwnerPath, resetPerson } from './service'

let harness: Harness
const secrets = new Set<string>()
const answers: string[] = []
const password = `correct ${randomBytes(12).toString('hex')}`
const tokenOf = (link: unknown) => new URL(String(link), 'http://localhost').searchParams.get('token') ?? ''

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

async function call(method: string, path: string, options: Parameters<Harness['request']>[2]): Promise<Record<string, unknown>> {
  const response = await harness.request(method, path, options)
  const text = await response.text()
  answers.push(text)
  return text === '' ? {} : JSON.parse(text)
}

function keepCookiesOf(person: TestPerson): void {
  for (const value of person.cookies.values()) secrets.add(decodeURIComponent(value))
}

/** An account from its link to its last factor, with every secret on the way noted. */
async function liveThrough(): Promise<TestPerson> {
  const ownerToken = tokenOf(await createOwnerPath(harness.deps))
  const made = await call('POST', '/api/v1/owner', {
    token: null,
    body: { token: ownerToken, name: 'Grace', email: 'grace@example.com', password },
  })
  secrets.add(ownerToken).add(password)
  const person: TestPerson = {
    email: 'grace@example.com',
    password,
    userId: String(made['userId']),
    memberId: String(made['memberId']),
    organizationId: harness.organizationId,
    sessionId: '',
    cookies: new Map(),
  }
  await signInAs(harness, person)
  keepCookiesOf(person)
  const me = await callAs(harness, person, 'GET', '/api/auth/get-session')
  person.sessionId = (me['session'] as { id: string }).id
  return person
}

it('no password, cookie, link, code or factor is found in an answer, a log line or a table', async () => {
  const person = await liveThrough()
  await addPasskey(harness, person)
  const confirmed = await harness.request('GET', '/api/auth/passkey/generate-authenticate-options', { person })
  answers.push(await confirmed.text())
  const { totpUri, backupCodes } = await addTotp(harness, person)
  keepCookiesOf(person)
  const base32 = new URL(totpUri).searchParams.get('secret') ?? ''
  for (const secret of [base32, ...backupCodes]) secrets.add(secret)
  const stepUp = await harness.request('POST', '/api/v1/step-up', {
    person,
    body: { endpoint: 'removeMember', object: person.memberId, factor: { kind: 'backup-code', code: backupCodes[0] } },
  })
  secrets.add(((await stepUp.json()) as { token: string }).token)
  keepCookiesOf(person)
  const invitation = await harness.request('POST', '/api/v1/invitations', { person, body: { email: 'next@example.com' } })
  secrets.add(tokenOf(((await invitation.json()) as { link: string }).link))
  secrets.add(tokenOf((await resetPerson(harness.deps, person.email))?.path ?? null))
  await signInAs(harness, otherBrowser(person))
  await signInAs(harness, otherBrowser(person), `${password} wrong`)
  for (const path of ['/api/v1/members', '/api/v1/invitations', '/api/v1/sessions', '/api/v1/audit?limit=200']) await call('GET', path, {})
  await harness.deps.security.flush()

  expect(secrets.size).toBeGreaterThan(16)
  expect(findSecrets(answers.join('\n'), [...secrets])).toEqual([])
  expect(findSecrets(harness.logLines.join('\n'), [...secrets])).toEqual([])
  const tables = await dumpDatabase(harness.deps.db)
  expect(tables).toContain('grace@example.com')
  expect(findSecrets(tables, [...secrets])).toEqual([])
})
