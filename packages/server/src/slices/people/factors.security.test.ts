import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthenticator, createTotpCode } from '../../../test/authenticator'
import { addPasskey, addTotp, callAs, grantStepUp, otherBrowser, signInAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import type { TestPerson } from '../../../test/people'
import { testSize } from '../../../test/size'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const verify = (person: TestPerson, code: string) => harness.request('POST', '/api/auth/two-factor/verify-totp', { person, body: { code } })
const spend = (person: TestPerson, code: string) =>
  harness.request('POST', '/api/auth/two-factor/verify-backup-code', { person, body: { code } })
const statusOfMe = async (person: TestPerson) => (await harness.request('GET', '/api/auth/get-session', { person })).status

/** A browser that has shown the password and is asked for the second factor. */
async function startChallenge(person: TestPerson): Promise<TestPerson> {
  const browser = otherBrowser(person)
  const response = await signInAs(harness, browser)
  expect(await response.json()).toMatchObject({ twoFactorRedirect: true, user: null })
  return browser
}

describe('an authenticator app', () => {
  it('is asked for at sign-in: the password alone opens nothing', async () => {
    const person = await harness.createPerson()
    const { totpUri } = await addTotp(harness, person)
    const browser = await startChallenge(person)
    expect(await statusOfMe(browser)).toBe(401)
    expect((await verify(browser, createTotpCode(totpUri))).status).toBe(200)
    expect(await statusOfMe(browser)).toBe(200)
  })

  it('is not in use before it has shown a code', async () => {
    const person = await harness.createPerson()
    await callAs(harness, person, 'POST', '/api/auth/two-factor/enable', { password: person.password })
    expect(await (await signInAs(harness, otherBrowser(person))).json()).toMatchObject({ twoFactorRedirect: false })
    expect((await verify(person, '000000')).status).toBe(403)
  })

  it('takes each code once, of a hundred parallel uses as of two in turn', async () => {
    const person = await harness.createPerson()
    const { totpUri } = await addTotp(harness, person)
    const browsers: TestPerson[] = []
    for (let i = 0; i < 5; i++) browsers.push(await startChallenge(person))
    const code = createTotpCode(totpUri)
    const uses = Array.from({ length: testSize(100, 1_000) }, (_, i) => ({ ...person, cookies: new Map(browsers[i % 5]?.cookies) }))
    const answers = await Promise.all(uses.map((browser, i) => harness.request('POST', '/api/auth/two-factor/verify-totp', {
      person: browser,
      body: { code },
      address: `2001:db8:${i}::1`,
    }))) // biome-ignore format: one call
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(answers.map(({ status }) => status)).difference(new Set([200, 403, 429]))).toEqual(new Set())
    const sessions = await harness.deps.db.authPool.query('SELECT FROM session WHERE user_id = $1', [person.userId])
    expect(sessions.rowCount).toBe(2)
    expect((await verify(await startChallenge(person), code)).status).toBe(403)
  })

  it('takes six ASCII digits and nothing that looks like them', async () => {
    const person = await harness.createPerson()
    const { totpUri } = await addTotp(harness, person)
    const code = createTotpCode(totpUri)
    const arabic = [...code].map((digit) => String.fromCodePoint(0x660 + Number(digit))).join('')
    const wide = [...code].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
    const browser = await startChallenge(person)
    for (const look of [
      ` ${code}`,
      `${code} `,
      `${code}\n`,
      `${code.slice(0, 3)} ${code.slice(3)}`,
      arabic,
      wide,
      `0${code}`,
      Number(code),
    ]) {
      const response = await harness.request('POST', '/api/auth/two-factor/verify-totp', { person: browser, body: { code: look } })
      expect(response.status, JSON.stringify(look)).toBe(400)
    }
    expect((await verify(browser, code)).status).toBe(200)
  })

  it('is not guessed: a challenge takes five codes, and the account locks', async () => {
    const person = await harness.createPerson()
    const { totpUri } = await addTotp(harness, person)
    const statuses: number[] = []
    for (let challenge = 0; challenge < 3; challenge++) {
      const browser = await startChallenge(person)
      for (let guess = 0; guess < 6; guess++) statuses.push((await verify(browser, String(900_000 + guess))).status)
    }
    expect(new Set(statuses)).toEqual(new Set([403, 429]))
    expect((await verify(await startChallenge(person), createTotpCode(totpUri))).status).toBe(429)
  })

  it('is removed only with a fresh factor and the password', async () => {
    const person = await harness.createPerson()
    await addTotp(harness, person)
    const path = '/api/auth/two-factor/disable'
    expect((await harness.request('POST', path, { person, body: { password: person.password } })).status).toBe(403)
    const wrong = { headers: await grantStepUp(harness, person, 'disableTotp'), body: { password: 'not the password at all' } }
    expect((await harness.request('POST', path, { person, ...wrong })).status).toBe(403)
    await callAs(harness, person, 'POST', path, { password: person.password }, await grantStepUp(harness, person, 'disableTotp'))
    expect(await (await signInAs(harness, otherBrowser(person))).json()).toMatchObject({ twoFactorRedirect: false })
  })
})

describe('a backup code', () => {
  it('opens one session, also when it is sent many times at once', async () => {
    const person = await harness.createPerson()
    const { backupCodes } = await addTotp(harness, person)
    const [code = ''] = backupCodes
    const browsers: TestPerson[] = []
    for (let i = 0; i < 5; i++) browsers.push(await startChallenge(person))
    const answers = await Promise.all(browsers.map((browser) => spend(browser, code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await spend(await startChallenge(person), code)).status).toBe(403)
    expect((await spend(await startChallenge(person), backupCodes[1] ?? '')).status).toBe(200)
  })

  it('is gone once the codes are replaced, and none lies readable in a table', async () => {
    const person = await harness.createPerson()
    const { backupCodes } = await addTotp(harness, person)
    const headers = await grantStepUp(harness, person, 'generateBackupCodes')
    await callAs(harness, person, 'POST', '/api/auth/two-factor/generate-backup-codes', { password: person.password }, headers)
    expect((await spend(await startChallenge(person), backupCodes[0] ?? '')).status).toBe(403)
    const rows = await harness.deps.db.authPool.query('SELECT to_jsonb(t)::text AS text FROM two_factor t')
    for (const code of backupCodes) expect(JSON.stringify(rows.rows)).not.toContain(code)
  })
})

describe('a passkey', () => {
  const challengeOf = async (person: TestPerson) =>
    String((await callAs(harness, person, 'GET', '/api/auth/passkey/generate-authenticate-options'))['challenge'])
  const show = (person: TestPerson, response: object) =>
    harness.request('POST', '/api/auth/passkey/verify-authentication', { person, body: { response } })

  it('signs its person in, from a browser that knows nothing else', async () => {
    const person = await harness.createPerson()
    const { authenticator } = await addPasskey(harness, person)
    const browser = otherBrowser(person)
    const response = await show(browser, authenticator.authenticate(await challengeOf(browser)))
    expect(response.status, await response.clone().text()).toBe(200)
    expect(await callAs(harness, browser, 'GET', '/api/auth/get-session')).toMatchObject({ user: { id: person.userId } })
  })

  it('is good for one challenge of ours, from our own origin, signed by its own key', async () => {
    const person = await harness.createPerson()
    const { authenticator } = await addPasskey(harness, person)
    const browser = otherBrowser(person)
    const used = authenticator.authenticate(await challengeOf(browser))
    expect((await show(browser, used)).status).toBe(200)
    const again = otherBrowser(person)
    await challengeOf(again)
    expect((await show(again, used)).status).toBe(403)
    expect((await show(again, authenticator.authenticate(await challengeOf(again), 'https://evil.example'))).status).toBe(403)
    expect((await show(again, authenticator.authenticate('Zm9yZWlnbg'))).status).toBe(403)
    expect((await show(again, createAuthenticator().authenticate(await challengeOf(again)))).status).toBe(403)
    expect((await show(otherBrowser(person), authenticator.authenticate('bm9uZQ'))).status).toBe(403)
  })

  it('is added only with a fresh factor, listed to its person alone and removed by nobody else', async () => {
    const [person, other] = [await harness.createPerson(), await harness.createPerson()]
    const { challenge } = await callAs(harness, person, 'GET', '/api/auth/passkey/generate-register-options')
    const body = { response: createAuthenticator().register(String(challenge)) }
    expect((await harness.request('POST', '/api/auth/passkey/verify-registration', { person, body })).status).toBe(403)
    const { id } = await addPasskey(harness, person)
    expect(await callAs(harness, other, 'GET', '/api/auth/passkey/list-user-passkeys')).toEqual({ items: [] })
    const foreign = await grantStepUp(harness, other, 'deletePasskey')
    const refused = await harness.request('POST', '/api/auth/passkey/delete-passkey', { person: other, body: { id }, headers: foreign })
    expect(refused.status).toBe(404)
    const own = await grantStepUp(harness, person, 'deletePasskey')
    await callAs(harness, person, 'POST', '/api/auth/passkey/delete-passkey', { id }, own)
    expect(await callAs(harness, person, 'GET', '/api/auth/passkey/list-user-passkeys')).toEqual({ items: [] })
  })

  it('opens nothing for a person who is a member nowhere', async () => {
    const person = await harness.createPerson({ role: 'user' })
    const { authenticator } = await addPasskey(harness, person)
    expect((await harness.request('DELETE', `/api/v1/members/${person.memberId}`)).status).toBe(204)
    const browser = otherBrowser(person)
    expect((await show(browser, authenticator.authenticate(await challengeOf(browser)))).status).toBe(403)
    expect(browser.cookies.has('keylease.session_token')).toBe(false)
  })

  it('is refused where its registration proves nothing', async () => {
    const person = await harness.createPerson()
    await callAs(harness, person, 'GET', '/api/auth/passkey/generate-register-options')
    const headers = await grantStepUp(harness, person, 'registerPasskey')
    const body = { response: createAuthenticator().register('Zm9yZWlnbg') }
    expect((await harness.request('POST', '/api/auth/passkey/verify-registration', { person, headers, body })).status).toBe(403)
  })
})
