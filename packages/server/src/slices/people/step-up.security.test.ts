import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTotpCode } from '../../../test/authenticator'
import { addPasskey, addTotp, callAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import { cookieHeader, createSession, type TestPerson } from '../../../test/people'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const confirm = (person: TestPerson, object: string, factor: object, endpoint = 'removeMember') =>
  harness.request('POST', '/api/v1/step-up', { person, body: { endpoint, ...(object ? { object } : {}), factor } })
const byPassword = (person: TestPerson) => ({ kind: 'password', password: person.password })
const tokenOf = async (response: Response) => {
  expect(response.status, await response.clone().text()).toBe(201)
  return ((await response.json()) as { token: string }).token
}
const remove = (person: TestPerson, memberId: string, token: string | null, more: Record<string, string> = {}) =>
  harness.request('DELETE', `/api/v1/members/${memberId}`, {
    person,
    headers: { ...(token === null ? {} : { 'x-keylease-step-up': token }), ...more },
  })
const newMember = async () => (await harness.createPerson({ role: 'user' })).memberId

describe('a fresh factor', () => {
  it('is asked for, and the answer says which', async () => {
    const person = await harness.createPerson()
    const response = await remove(person, await newMember(), null)
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ error: { code: 'step_up_required', details: { factors: ['password'] } } })
  })

  it('lets the one operation through, once', async () => {
    const person = await harness.createPerson()
    const memberId = await newMember()
    const token = await tokenOf(await confirm(person, memberId, byPassword(person)))
    expect((await remove(person, memberId, token)).status).toBe(204)
    expect((await remove(person, memberId, token)).status).toBe(403)
  })

  it('is spent by one of many requests at once', async () => {
    const person = await harness.createPerson()
    const memberId = await newMember()
    const token = await tokenOf(await confirm(person, memberId, byPassword(person)))
    const answers = await Promise.all(Array.from({ length: 10 }, () => remove(person, memberId, token)))
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(9)
  })

  it('stays good for a repeat of the same request under its Idempotency-Key', async () => {
    const person = await harness.createPerson()
    const memberId = await newMember()
    const token = await tokenOf(await confirm(person, memberId, byPassword(person)))
    const key = { 'idempotency-key': 'one-request' }
    expect((await remove(person, memberId, token, key)).status).toBe(204)
    expect((await remove(person, memberId, token, key)).headers.get('idempotency-replayed')).toBe('true')
    expect((await remove(person, memberId, token, { 'idempotency-key': 'another' })).status).toBe(403)
  })

  it('is good for no other object, operation, session or person, and not after five minutes', async () => {
    const person = await harness.createPerson()
    const memberId = await newMember()
    const token = await tokenOf(await confirm(person, memberId, byPassword(person)))
    expect((await remove(person, await newMember(), token)).status).toBe(403)
    const changed = await harness.request('PATCH', `/api/v1/members/${memberId}`, {
      person,
      body: { role: 'viewer' },
      headers: { 'x-keylease-step-up': token },
    })
    expect(changed.status).toBe(403)
    const elsewhere = { ...person, ...(await createSession(harness.deps, person.userId, person.organizationId)) }
    expect((await remove(elsewhere, memberId, token)).status).toBe(403)
    expect((await remove(await harness.createPerson(), memberId, token)).status).toBe(403)
    await harness.deps.db.authPool.query(`UPDATE step_up SET expires_at = now() - interval '1 second'`)
    expect((await remove(person, memberId, token)).status).toBe(403)
  })

  it('is the strongest that the person has: with a code or passkey enrolled the password is not enough', async () => {
    const person = await harness.createPerson()
    const memberId = await newMember()
    const { totpUri, backupCodes } = await addTotp(harness, person)
    const weak = await confirm(person, memberId, byPassword(person))
    expect(weak.status).toBe(403)
    expect(await weak.json()).toMatchObject({ error: { details: { factors: ['totp', 'backup-code'] } } })
    const code = createTotpCode(totpUri)
    await tokenOf(await confirm(person, memberId, { kind: 'totp', code }))
    expect((await confirm(person, memberId, { kind: 'totp', code })).status).toBe(403)
    await tokenOf(await confirm(person, memberId, { kind: 'backup-code', code: backupCodes[0] }))
    expect((await confirm(person, memberId, { kind: 'backup-code', code: backupCodes[0] })).status).toBe(403)
  })

  it('is a passkey of this person, and of nobody else', async () => {
    const [person, other] = [await harness.createPerson(), await harness.createPerson()]
    const [own, foreign] = [await addPasskey(harness, person), await addPasskey(harness, other)]
    const memberId = await newMember()
    const challenge = async () =>
      String((await callAs(harness, person, 'GET', '/api/auth/passkey/generate-authenticate-options'))['challenge'])
    const stolen = { kind: 'passkey', response: foreign.authenticator.authenticate(await challenge()) }
    expect((await confirm(person, memberId, stolen)).status).toBe(403)
    const before = await countSessions()
    const shown = { kind: 'passkey', response: own.authenticator.authenticate(await challenge()) }
    const token = await tokenOf(await confirm(person, memberId, shown))
    expect(await countSessions()).toBe(before)
    expect((await remove(person, memberId, token)).status).toBe(204)
  })

  it('gives the session a new id: whoever copied the old cookie has nothing', async () => {
    const person = await harness.createPerson()
    const copy = { ...person, cookies: new Map(person.cookies) }
    await tokenOf(await confirm(person, await newMember(), byPassword(person)))
    expect(cookieHeader(person.cookies)).not.toBe(cookieHeader(copy.cookies))
    expect((await harness.request('GET', '/api/auth/get-session', { person: copy })).status).toBe(401)
    expect((await harness.request('GET', '/api/auth/get-session', { person })).status).toBe(200)
  })

  it('is not guessed: wrong passwords lock the account for a while', async () => {
    const person = await harness.createPerson()
    const wrong = { kind: 'password', password: 'not the password at all' }
    const statuses: number[] = []
    for (let guess = 0; guess < 12; guess++) statuses.push((await confirm(person, 'mem', wrong)).status)
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(403))
    expect(statuses.slice(10)).toEqual([429, 429])
  })

  it('is nothing that a key could show, and no table holds the token', async () => {
    expect(
      (await harness.request('POST', '/api/v1/step-up', { body: { endpoint: 'x', factor: byPassword({ password: 'x' } as TestPerson) } }))
        .status,
    ).toBe(403)
    const person = await harness.createPerson()
    const token = await tokenOf(await confirm(person, await newMember(), byPassword(person)))
    const rows = await harness.deps.db.authPool.query('SELECT to_jsonb(t)::text AS text FROM step_up t')
    expect(JSON.stringify(rows.rows)).not.toContain(token)
    expect(JSON.stringify(rows.rows)).not.toContain(Buffer.from(token).toString('hex'))
  })
})

const countSessions = async () => (await harness.deps.db.authPool.query('SELECT FROM session')).rowCount
