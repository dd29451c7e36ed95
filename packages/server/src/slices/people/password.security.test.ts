import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addPasskey, addTotp, callAs, otherBrowser, signInAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import { createSession } from '../../../test/people'
import { resetPerson } from './service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const newPassword = 'another long password'
const wrong = 'not the password at all'
const statusOfMe = async (person: Parameters<typeof otherBrowser>[0]) =>
  (await harness.request('GET', '/api/auth/get-session', { person })).status
const reset = (token: string, password = newPassword) =>
  harness.request('POST', '/api/auth/reset-password', { token: null, body: { token, newPassword: password } })
const tokenOf = (path: string | null) => new URL(path ?? '', 'http://localhost').searchParams.get('token') ?? ''

describe('changing the password', () => {
  it('asks for the present one, ends every other session and gives this one a new id', async () => {
    const person = await harness.createPerson()
    const elsewhere = { ...person, ...(await createSession(harness.deps, person.userId, person.organizationId)) }
    const copy = { ...person, cookies: new Map(person.cookies) }
    const change = (currentPassword: string) =>
      harness.request('POST', '/api/auth/change-password', { person, body: { currentPassword, newPassword } })
    expect((await change(wrong)).status).toBe(403)
    expect(await statusOfMe(elsewhere)).toBe(200)
    expect((await change(person.password)).status).toBe(200)
    expect([await statusOfMe(person), await statusOfMe(elsewhere), await statusOfMe(copy)]).toEqual([200, 401, 401])
    expect((await signInAs(harness, otherBrowser(person))).status).toBe(401)
    expect((await signInAs(harness, otherBrowser(person), newPassword)).status).toBe(200)
  })

  it('refuses one that is short, or the e-mail address', async () => {
    const person = await harness.createPerson()
    for (const password of ['elevenchars', '', person.email, person.email.toUpperCase(), ` ${person.email} `]) {
      const body = { currentPassword: person.password, newPassword: password }
      expect((await harness.request('POST', '/api/auth/change-password', { person, body })).status, password).toBe(400)
    }
  })
})

describe('a reset link', () => {
  it('of an operator ends sessions and lock-outs, and sets one new password', async () => {
    const person = await harness.createPerson()
    for (let guess = 0; guess < 11; guess++) await signInAs(harness, otherBrowser(person), wrong)
    expect((await signInAs(harness, otherBrowser(person))).status).toBe(429)
    const token = tokenOf((await resetPerson(harness.deps, person.email))?.path ?? null)
    expect(await statusOfMe(person)).toBe(401)
    expect((await signInAs(harness, otherBrowser(person))).status).toBe(200)
    expect((await reset(token)).status).toBe(200)
    expect((await signInAs(harness, otherBrowser(person), newPassword)).status).toBe(200)
    expect((await reset(token)).status).toBe(410)
  })

  it('takes away lost factors only where it is asked to, and every organization of the person reads what was taken', async () => {
    const person = await harness.createPerson()
    const organizationId = await harness.createTenant()
    await harness.createPerson({ organizationId, as: person })
    await addTotp(harness, person)
    await addPasskey(harness, person)
    expect(await resetPerson(harness.deps, person.email)).toMatchObject({ removed: null })
    expect(await (await signInAs(harness, otherBrowser(person))).json()).toMatchObject({ twoFactorRedirect: true })
    const done = await resetPerson(harness.deps, person.email, { removesFactors: true })
    expect(done?.removed).toEqual({ authenticatorApp: true, passkeys: 1 })
    const browser = otherBrowser(person)
    expect(await (await signInAs(harness, browser)).json()).toMatchObject({ twoFactorRedirect: false })
    expect(await callAs(harness, browser, 'GET', '/api/auth/passkey/list-user-passkeys')).toEqual({ items: [] })
    for (const token of [harness.token, harness.createCredential({ organizationId, role: 'owner' })]) {
      const trail = await harness.request('GET', `/api/v1/audit?kind=audit&resourceId=${person.userId}&action=factor.removed`, { token })
      expect(await trail.json()).toMatchObject({ total: 1, items: [{ actor: { id: 'operator' } }] })
    }
    expect(await resetPerson(harness.deps, person.email, { removesFactors: true })).toMatchObject({
      removed: { authenticatorApp: false, passkeys: 0 },
    })
  })

  it('is spent by one of many who use it at once', async () => {
    const person = await harness.createPerson()
    const token = tokenOf((await resetPerson(harness.deps, person.email))?.path ?? null)
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => reset(token, `${newPassword} ${i}`)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410, 410, 410])
  })

  it('survives a password that is refused, and no table holds its token', async () => {
    const person = await harness.createPerson()
    const token = tokenOf((await resetPerson(harness.deps, person.email))?.path ?? null)
    expect((await reset(token, person.email)).status).toBe(400)
    expect((await reset(token, 'short')).status).toBe(400)
    const rows = await harness.deps.db.authPool.query('SELECT to_jsonb(t)::text AS text FROM verification t')
    expect(JSON.stringify(rows.rows)).not.toContain(token)
    expect((await reset(token)).status).toBe(200)
  })

  it('ends after its time', async () => {
    const person = await harness.createPerson()
    const token = tokenOf((await resetPerson(harness.deps, person.email))?.path ?? null)
    await harness.deps.db.authPool.query(`UPDATE verification SET expires_at = now() - interval '1 second'`)
    expect((await reset(token)).status).toBe(410)
  })

  it('is made for members alone', async () => {
    expect(await resetPerson(harness.deps, 'nobody@example.com')).toBeNull()
  })

  it('is asked for without learning whether the address is known', async () => {
    const person = await harness.createPerson()
    const ask = (email: string) => harness.request('POST', '/api/auth/request-password-reset', { token: null, body: { email } })
    const [known, unknown] = [await ask(person.email), await ask('nobody@example.com')]
    expect([known.status, await known.text()]).toEqual([unknown.status, await unknown.text()])
    const statuses: number[] = []
    for (let more = 0; more < 11; more++) statuses.push((await ask('nobody@example.com')).status)
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('failures', () => {
  it('lock an account that exists and one that does not alike, however they are spelt and however many come at once', async () => {
    const person = await harness.createPerson()
    for (const email of [person.email, 'nobody.at.all@example.com']) {
      const spellings = [email, email.toUpperCase(), ` ${email}`, email.replace('e', 'ｅ')]
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => signInAs(harness, { ...otherBrowser(person), email: spellings[i % 4] ?? '' }, wrong)),
      )
      const statuses = answers.map(({ status }) => status)
      expect(
        statuses.filter((status) => status === 401),
        email,
      ).toHaveLength(10)
      expect(statuses.filter((status) => status === 429)).toHaveLength(30)
      const locked = await signInAs(harness, { ...otherBrowser(person), email }, person.password)
      expect([locked.status, Number(locked.headers.get('retry-after')) > 0]).toEqual([429, true])
    }
  })

  it('make the wait longer each time, and a good sign-in forgives them', async () => {
    const person = await harness.createPerson()
    const { authPool } = harness.deps.db
    const waits: number[] = []
    const wait = () => authPool.query(`UPDATE lockout SET locked_until = now() - interval '1 second' WHERE locked_until IS NOT NULL`)
    for (let guess = 0; guess < 14; guess++) {
      const response = await signInAs(harness, otherBrowser(person), wrong)
      if (response.status !== 429) continue
      waits.push(Number(response.headers.get('retry-after')))
      await wait()
    }
    expect(waits).toEqual([15, 30])
    await wait()
    expect((await signInAs(harness, otherBrowser(person))).status).toBe(200)
    expect((await signInAs(harness, otherBrowser(person), wrong)).status).toBe(401)
  })

  it('count against the address they come from, and nobody else', async () => {
    const person = await harness.createPerson()
    const attempt = (i: number, address: string) =>
      harness.request('POST', '/api/auth/sign-in/email', {
        token: null,
        address,
        body: { email: `guess-${i}@example.com`, password: wrong },
      })
    const { authPool } = harness.deps.db
    await attempt(0, '2001:db8:9::1')
    await authPool.query('UPDATE lockout SET failures = 99 WHERE failures = 1 AND failed_at = (SELECT max(failed_at) FROM lockout)')
    await attempt(1, '2001:db8:9::2')
    expect((await attempt(2, '2001:db8:9::3')).status).toBe(429)
    expect((await attempt(3, '2001:db8:a::1')).status).toBe(401)
    expect((await signInAs(harness, otherBrowser(person))).status).toBe(200)
  })

  it('and their lock-outs are security events of the organization', async () => {
    const person = await harness.createPerson()
    for (let guess = 0; guess < 12; guess++) await signInAs(harness, otherBrowser(person), wrong)
    await harness.deps.security.flush()
    const found = await callAs(harness, person, 'GET', '/api/v1/audit?kind=security&limit=200')
    const failed = (found['items'] as { action: string; actor: { id: string } | null }[]).filter(
      ({ actor }) => actor?.id === person.memberId,
    )
    expect(JSON.stringify(failed)).toContain('sign_in_failed')
  })
})
