import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTotpCode } from '../../test/authenticator'
import { newSecret } from '../../test/factories'
import { addTotp, callAs, grantStepUp, otherBrowser, signInAs } from '../../test/factors'
import { createHarness, type Harness } from '../../test/harness'
import { addKeyVersions } from '../../test/key-version'
import type { TestPerson } from '../../test/people'
import { createOwnerPath } from '../slices/people/service'

let harness: Harness
/** A process that started after every instance key had got a newer version. */
let newer: Harness
let replica: Awaited<ReturnType<Harness['openReplica']>>
let person: TestPerson
let totpUri: string
const secret = newSecret()
const made = { key: '', link: '', owner: '' }

const tokenOf = (link: string) => new URL(link, 'http://localhost').searchParams.get('token')
const store = (at: Harness, value: string) =>
  at.request('POST', '/api/admin/api-keys', { body: { provider: 'custom', name: 'prod', key: value, baseUrl: 'https://api.example.com' } })

beforeAll(async () => {
  harness = await createHarness()
  person = await harness.createPerson()
  totpUri = (await addTotp(harness, person)).totpUri
  made.key = (await harness.issueKey({})).key
  made.link = String((await callAs(harness, person, 'POST', '/api/v1/invitations', { email: 'next@example.com' }))['link'])
  made.owner = await createOwnerPath(harness.deps)
  expect((await store(harness, secret)).status).toBe(201)
  await addKeyVersions(harness.deps)
  replica = await harness.openReplica()
  newer = { ...harness, ...replica }
  expect(newer.deps.keyring.current('session').version).toBe(2)
})
afterAll(async () => {
  await replica.close()
  await harness.close()
})

test('a session goes on, in the hands of better-auth as well, and its next cookie is signed with the newer key', async () => {
  const browser = { ...person, cookies: new Map(person.cookies) }
  const before = browser.cookies.get('keylease.session_token')
  await callAs(newer, browser, 'GET', '/api/auth/get-session')
  const headers = await grantStepUp(newer, browser, 'generateBackupCodes')
  await callAs(newer, browser, 'POST', '/api/auth/two-factor/generate-backup-codes', { password: browser.password }, headers)
  await callAs(newer, browser, 'POST', '/api/v1/sessions/current/organization', { organizationId: person.organizationId })
  expect(browser.cookies.get('keylease.session_token')).not.toBe(before)
  await callAs(newer, browser, 'POST', '/api/auth/sign-out')
  expect((await newer.request('GET', '/api/auth/get-session', { person: browser })).status).toBe(401)
})

test('an authenticator app that was sealed with the older key still signs in', async () => {
  const browser = otherBrowser(person)
  expect(await (await signInAs(newer, browser)).json()).toMatchObject({ twoFactorRedirect: true })
  const body = { code: createTotpCode(totpUri) }
  expect((await newer.request('POST', '/api/auth/two-factor/verify-totp', { person: browser, body })).status).toBe(200)
})

test('a platform key, an invitation and an owner link from before are known', async () => {
  expect((await newer.request('GET', '/api/v1/projects', { token: made.key })).status).toBe(200)
  const newcomer = { name: 'New Comer', password: 'a long enough password' }
  const accepted = { token: tokenOf(made.link), ...newcomer }
  expect((await newer.request('POST', '/api/v1/invitations/accept', { token: null, body: accepted })).status).toBe(201)
  const owner = { token: tokenOf(made.owner), email: 'second@example.com', ...newcomer }
  expect((await newer.request('POST', '/api/v1/owner', { token: null, body: owner })).status).toBe(201)
})

test('a secret that was stored under the older fingerprint key is found as a duplicate', async () => {
  expect((await store(newer, secret)).status).toBe(409)
  const fresh = newSecret()
  expect((await store(newer, fresh)).status).toBe(201)
  expect((await store(newer, fresh)).status).toBe(409)
})

test('a cookie that is signed with a key that never was opens nothing', async () => {
  const forged = { ...person, cookies: new Map([['keylease.session_token', `${'a'.repeat(32)}.${Buffer.alloc(32).toString('base64')}`]]) }
  expect((await newer.request('GET', '/api/auth/get-session', { person: forged })).status).toBe(401)
})
