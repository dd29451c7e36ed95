import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callAs, otherBrowser, signInAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import { cookieHeader, type TestPerson } from '../../../test/people'
import { inTenantSql } from '../../platform/tenancy'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const whoAmI = (person: TestPerson) => harness.request('GET', '/api/auth/get-session', { person })
const newBrowser = async () => otherBrowser(await harness.createPerson())
const shapeOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: Record<string, unknown> }
  return { status: response.status, headers: [...response.headers.keys()].sort(), error: { ...error, requestId: 'any' } }
}

describe('signing in', () => {
  it('gives a session that later requests act as', async () => {
    const person = await newBrowser()
    expect((await signInAs(harness, person)).status).toBe(200)
    const me = await callAs(harness, person, 'GET', '/api/auth/get-session')
    expect(me).toMatchObject({ user: { email: person.email }, session: { organizationId: harness.organizationId } })
    await callAs(harness, person, 'POST', '/api/v1/projects', { name: 'checkout' })
    const member = await callAs(harness, person, 'GET', `/api/v1/members/${person.memberId}`)
    expect(member['lastActiveAt']).not.toBeNull()
  })

  it('never puts a token, a hash or the password into an answer, a log line or the trail', async () => {
    const person = await newBrowser()
    const response = await signInAs(harness, person)
    const text = await response.text()
    const value = decodeURIComponent([...person.cookies.values()][0] ?? '')
    expect(value).not.toBe('')
    for (const secret of [value, value.split('.')[0] ?? '', person.password]) {
      expect(text).not.toContain(secret)
      expect(harness.logLines.join('\n')).not.toContain(secret)
    }
  })

  it('sets one cookie: unreadable for scripts, Lax, for the whole site, and bound to the host over https', async () => {
    const [line = ''] = (await signInAs(harness, await newBrowser())).headers.getSetCookie()
    expect(line).toMatch(/^keylease\.session_token=[^;]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
    const secure = await createHarness({ KEYLEASE_PUBLIC_URL: 'https://keys.example.com' })
    try {
      const person = otherBrowser(await secure.createPerson())
      const response = await signInAs(secure, person, person.password, { origin: 'https://keys.example.com' })
      expect(response.headers.getSetCookie()[0]).toMatch(
        /^__Host-keylease\.session_token=[^;]+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      )
    } finally {
      await secure.close()
    }
  })

  it('answers an unknown address as it answers a wrong password, to the header', async () => {
    const person = await newBrowser()
    const wrong = await signInAs(harness, person, 'not the password at all')
    const unknown = await signInAs(harness, { ...person, email: 'nobody@example.com' }, 'not the password at all')
    expect(await shapeOf(unknown)).toEqual(await shapeOf(wrong))
  })

  it('takes as long for an unknown address as for a wrong password, within a wide margin', async () => {
    const person = await newBrowser()
    const time = async (email: string) => {
      const started = performance.now()
      await signInAs(harness, otherBrowser({ ...person, email }), 'not the password at all')
      return performance.now() - started
    }
    const known: number[] = []
    const unknown: number[] = []
    for (let turn = 0; turn < 9; turn++) {
      known.push(await time(person.email))
      unknown.push(await time('somebody.else@example.com'))
    }
    const median = (times: number[]) => times.sort((a, b) => a - b)[4] ?? 0
    const ratio = median(known) / median(unknown)
    expect(ratio).toBeGreaterThan(0.4)
    expect(ratio).toBeLessThan(2.5)
  })

  it('knows one account however its address is spelt', async () => {
    const person = await newBrowser()
    const spelt = ` ${person.email.toUpperCase().replace('A', 'Ａ')}  `
    expect((await signInAs(harness, { ...person, email: spelt })).status).toBe(200)
  })

  it('is refused over plain http to a host that is not this machine, and says what to set', async () => {
    const person = await newBrowser()
    const response = await signInAs(harness, person, person.password, { host: '192.0.2.10:4500', origin: 'http://192.0.2.10:4500' })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('KEYLEASE_PUBLIC_URL')
  })

  it('is refused for a person who is a member nowhere, as a wrong password is', async () => {
    const person = await harness.createPerson({ role: 'user' })
    expect((await harness.request('DELETE', `/api/v1/members/${person.memberId}`)).status).toBe(204)
    expect((await whoAmI(person)).status).toBe(401)
    const wrong = await shapeOf(await signInAs(harness, await newBrowser(), 'not the password at all'))
    expect(await shapeOf(await signInAs(harness, otherBrowser(person)))).toEqual(wrong)
  })

  it('leaves an audit entry in the organization, and no session when that cannot be written', async () => {
    const person = await newBrowser()
    await signInAs(harness, person)
    const me = await callAs(harness, person, 'GET', '/api/auth/get-session')
    const { id } = me['session'] as { id: string }
    const entries = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, async (client) =>
      client.query(`SELECT actor_id FROM audit_entry WHERE action = 'session.created' AND resource_id = $1`, [id]),
    )
    expect(entries.rows).toEqual([{ actor_id: person.memberId }])
    await harness.deps.db.ownerPool.query(`ALTER TABLE audit_entry ADD CONSTRAINT none CHECK (action <> 'session.created') NOT VALID`)
    try {
      const before = await countSessions()
      const failed = otherBrowser(person)
      expect((await signInAs(harness, failed)).status).toBe(500)
      expect(failed.cookies.size).toBe(0)
      expect(await countSessions()).toBe(before)
    } finally {
      await harness.deps.db.ownerPool.query('ALTER TABLE audit_entry DROP CONSTRAINT none')
    }
  })
})

const countSessions = async () => (await harness.deps.db.authPool.query('SELECT FROM session')).rowCount

describe('a session', () => {
  it('is a new one at each sign-in: what was planted in the browser opens nothing and ends', async () => {
    const victim = await harness.createPerson()
    const attacker = await harness.createPerson()
    const browser = { ...otherBrowser(victim), cookies: new Map(attacker.cookies) }
    const planted = cookieHeader(browser.cookies)
    await signInAs(harness, browser)
    expect(cookieHeader(browser.cookies)).not.toBe(planted)
    expect((await whoAmI(attacker)).status).toBe(401)
  })

  it('ends on the server at sign-out, so a copy of its cookie opens nothing', async () => {
    const person = await harness.createPerson()
    const copy = { ...person, cookies: new Map(person.cookies) }
    expect((await harness.request('POST', '/api/auth/sign-out', { person })).status).toBe(200)
    expect(person.cookies.size).toBe(0)
    expect((await whoAmI(copy)).status).toBe(401)
  })

  it('is refused with a signature that is not ours', async () => {
    const person = await harness.createPerson()
    const [[name = '', value = ''] = []] = person.cookies
    for (const forged of [value.split('.')[0] ?? '', `${value.slice(0, -6)}AAA%3D`, value.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'))]) {
      expect((await whoAmI({ ...person, cookies: new Map([[name, forged]]) })).status).toBe(401)
    }
  })

  it('ends when idle for too long and when too old, whichever comes first', async () => {
    const { authPool } = harness.deps.db
    const idle = await harness.createPerson()
    await authPool.query(`UPDATE session SET seen_at = now() - interval '61 minutes' WHERE id = $1`, [idle.sessionId])
    expect((await whoAmI(idle)).status).toBe(401)
    const old = await harness.createPerson()
    await authPool.query(`UPDATE session SET created_at = now() - interval '25 hours' WHERE id = $1`, [old.sessionId])
    expect((await whoAmI(old)).status).toBe(401)
    const fresh = await harness.createPerson()
    await authPool.query(`UPDATE session SET seen_at = now() - interval '59 minutes' WHERE id = $1`, [fresh.sessionId])
    expect((await whoAmI(fresh)).status).toBe(200)
  })

  it('that is ended is refused by another replica within a second', async () => {
    const replica = await harness.openReplica()
    try {
      const person = await harness.createPerson()
      expect((await replica.request('GET', '/api/auth/get-session', { person })).status).toBe(200)
      expect((await harness.request('DELETE', `/api/v1/sessions/${person.sessionId}`)).status).toBe(204)
      const started = performance.now()
      let status = 200
      while (status === 200 && performance.now() - started < 5_000) {
        status = (await replica.request('GET', '/api/auth/get-session', { person: { ...person, cookies: new Map(person.cookies) } })).status
      }
      expect(status).toBe(401)
      expect(performance.now() - started).toBeLessThan(1_000)
    } finally {
      await replica.close()
    }
  })
})

describe('a browser on another site', () => {
  const attempt = (person: TestPerson, headers: Record<string, string>) =>
    harness.request('POST', '/api/v1/projects', { person, headers, body: { name: 'forged' } })

  it('cannot make a signed-in browser change anything', async () => {
    const person = await harness.createPerson()
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', 'http://localhost:1', 'https://localhost', '']) {
      const response = await attempt(person, { origin })
      expect([origin, response.status, await response.text()]).toEqual([origin, 403, expect.stringContaining('foreign_origin')])
    }
    const headers = { cookie: cookieHeader(person.cookies) }
    const silent = await harness.request('POST', '/api/v1/projects', { token: null, headers, body: { name: 'forged' } })
    expect(silent.status).toBe(403)
    expect((await attempt(person, { origin: 'http://127.0.0.1' })).status).toBe(201)
  })

  it('cannot sign its own account in', async () => {
    const person = await newBrowser()
    expect((await signInAs(harness, person, person.password, { origin: 'https://evil.example' })).status).toBe(403)
    expect(person.cookies.size).toBe(0)
  })
})

describe('whatever else better-auth has', () => {
  it('is not served', async () => {
    const paths = [
      ['POST', 'sign-up/email'],
      ['POST', 'update-user'],
      ['POST', 'delete-user'],
      ['GET', 'list-sessions'],
      ['POST', 'revoke-sessions'],
      ['POST', 'two-factor/get-totp-uri'],
      ['POST', 'two-factor/send-otp'],
      ['POST', 'verify-password'],
      ['GET', 'reset-password/abc'],
      ['GET', 'ok'],
      ['GET', 'error'],
      ['GET', 'callback/github'],
    ]
    for (const [method = '', path = ''] of paths) {
      const response = await harness.request(method, `/api/auth/${path}`, { token: null, ...(method === 'GET' ? {} : { body: {} }) })
      expect([path, response.status, await response.json()]).toEqual([path, 404, { error: expect.objectContaining({ code: 'not_found' }) }])
    }
  })
})
