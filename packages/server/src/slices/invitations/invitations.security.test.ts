import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { callAs, signInAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import type { TestPerson } from '../../../test/people'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const password = 'a long enough password'
const newcomer = { name: 'New Comer', password }
const invite = async (owner: TestPerson, email: string, more: object = {}) =>
  callAs(harness, owner, 'POST', '/api/v1/invitations', { email, ...more })
const tokenOf = (invitation: Record<string, unknown>) => new URL(String(invitation['link'])).searchParams.get('token') ?? ''
const accept = (token: string, body: object = newcomer, person?: TestPerson) =>
  harness.request('POST', '/api/v1/invitations/accept', { token: null, ...(person ? { person } : {}), body: { token, ...body } })

describe('an invitation', () => {
  it('makes a member with the role and the teams that it names, who can sign in', async () => {
    const owner = await harness.createPerson()
    const team = await callAs(harness, owner, 'POST', '/api/v1/teams', { name: 'Payments' })
    const invitation = await invite(owner, 'Joan@Example.com', { role: 'manager', teamIds: [team['id']] })
    const answer = await accept(tokenOf(invitation))
    expect(answer.status, await answer.clone().text()).toBe(201)
    const { memberId, userId } = (await answer.json()) as { memberId: string; userId: string }
    expect(await callAs(harness, owner, 'GET', `/api/v1/members/${memberId}`)).toMatchObject({ role: 'manager', teamIds: [team['id']] })
    const joan = { ...owner, email: 'joan@example.com', userId, memberId, password, cookies: new Map<string, string>() }
    expect((await signInAs(harness, joan)).status).toBe(200)
    const list = await callAs(harness, owner, 'GET', '/api/v1/invitations?status=accepted')
    expect(list).toMatchObject({ items: [{ id: invitation['id'], status: 'accepted' }] })
  })

  it('is accepted once, of ten who try at once', async () => {
    const owner = await harness.createPerson()
    const token = tokenOf(await invite(owner, 'once@example.com'))
    const answers = await Promise.all(Array.from({ length: 10 }, () => accept(token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(410)])
    expect((await accept(token)).status).toBe(410)
  })

  it('is accepted once by a person who has an account, of ten requests at once', async () => {
    const owner = await harness.createPerson()
    const person = await harness.createPerson({ organizationId: await harness.createTenant() })
    const token = tokenOf(await invite(owner, person.email))
    const answers = await Promise.all(Array.from({ length: 10 }, () => accept(token, {}, { ...person, cookies: new Map(person.cookies) })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(410)])
  })

  it('is good for nobody once revoked, replaced or past its week', async () => {
    const owner = await harness.createPerson()
    const revoked = await invite(owner, 'revoked@example.com')
    await callAs(harness, owner, 'DELETE', `/api/v1/invitations/${revoked['id']}`)
    expect((await accept(tokenOf(revoked))).status).toBe(410)
    const [first, second] = [await invite(owner, 'twice@example.com'), await invite(owner, 'twice@example.com')]
    expect((await accept(tokenOf(first))).status).toBe(410)
    await harness.deps.db.ownerPool.query('ALTER TABLE invitation NO FORCE ROW LEVEL SECURITY')
    await harness.deps.db.ownerPool.query(`UPDATE invitation SET expires_at = now() - interval '1 second' WHERE id = $1`, [second['id']])
    await harness.deps.db.ownerPool.query('ALTER TABLE invitation FORCE ROW LEVEL SECURITY')
    expect((await accept(tokenOf(second))).status).toBe(410)
    const expired = await callAs(harness, owner, 'GET', '/api/v1/invitations?status=expired')
    expect(expired).toMatchObject({ items: [{ id: second['id'], status: 'expired' }] })
  })

  it('of a person with an account asks for their session, and for nobody else’s', async () => {
    const owner = await harness.createPerson()
    const [person, other] = [
      await harness.createPerson({ organizationId: await harness.createTenant() }),
      await harness.createPerson({ organizationId: await harness.createTenant() }),
    ]
    const token = tokenOf(await invite(owner, person.email, { role: 'viewer' }))
    expect((await accept(token)).status).toBe(401)
    expect((await accept(token, {}, other)).status).toBe(401)
    expect((await accept(token, {}, person)).status).toBe(201)
    const me = await callAs(harness, person, 'GET', '/api/auth/get-session')
    expect(me['organizations']).toHaveLength(2)
  })

  it('names teams of its own organization alone', async () => {
    const owner = await harness.createPerson()
    const foreign = await harness.createPerson({ organizationId: await harness.createTenant() })
    const team = await callAs(harness, foreign, 'POST', '/api/v1/teams', { name: 'Theirs' })
    const body = { email: 'someone@example.com', teamIds: [team['id']] }
    const response = await harness.request('POST', '/api/v1/invitations', { person: owner, body })
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('teamIds')
  })

  it('shows its link once and leaves no trace of the token', async () => {
    const owner = await harness.createPerson()
    const token = tokenOf(await invite(owner, 'traceless@example.com'))
    const list = JSON.stringify(await callAs(harness, owner, 'GET', '/api/v1/invitations?limit=200'))
    const trail = JSON.stringify(await callAs(harness, owner, 'GET', '/api/v1/audit?limit=200'))
    for (const text of [list, trail, harness.logLines.join('\n')]) expect(text).not.toContain(token)
  })

  it('leaves no person behind when its audit entry cannot be written', async () => {
    const owner = await harness.createPerson()
    const token = tokenOf(await invite(owner, 'rolled.back@example.com'))
    await harness.deps.db.ownerPool.query(`ALTER TABLE audit_entry ADD CONSTRAINT none CHECK (action <> 'member.created') NOT VALID`)
    try {
      expect((await accept(token)).status).toBe(500)
    } finally {
      await harness.deps.db.ownerPool.query('ALTER TABLE audit_entry DROP CONSTRAINT none')
    }
    const found = await harness.deps.db.authPool.query(`SELECT FROM "user" WHERE email = 'rolled.back@example.com'`)
    expect(found.rowCount).toBe(0)
    expect((await accept(token)).status).toBe(201)
  })
})

describe('two links for one new address', () => {
  it('that are accepted at once make one person: the other is told to sign in, and the link stays good for that', async () => {
    for (let round = 0; round < 3; round++) {
      const email = `both-${round}@example.com`
      const owners = [await harness.createPerson(), await harness.createPerson({ organizationId: await harness.createTenant() })]
      const tokens = await Promise.all(owners.map(async (owner) => tokenOf(await invite(owner, email))))
      const answers = await acceptTogether(tokens)
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
      const lost = answers.findIndex(({ status }) => status === 409)
      expect(await answers[lost]?.json()).toMatchObject({ error: { code: 'member_exists' } })
      const found = await harness.deps.db.authPool.query<{ id: string }>('SELECT id FROM "user" WHERE email = $1', [email])
      expect(found.rowCount).toBe(1)
      const ids = (await answers[1 - lost]?.json()) as { userId: string; memberId: string; organizationId: string }
      const person = { ...ids, email, password, sessionId: '', cookies: new Map<string, string>() }
      expect((await signInAs(harness, person)).status).toBe(200)
      expect((await accept(tokens[lost] ?? '', {}, person)).status).toBe(201)
    }
  })
})

/** Nobody goes on before everybody has looked and found no account. */
async function acceptTogether(tokens: string[]): Promise<Response[]> {
  const { passwords } = harness.deps
  const hash = passwords.hash.bind(passwords)
  const all = Promise.withResolvers<void>()
  let arrived = 0
  const held = vi.spyOn(passwords, 'hash').mockImplementation(async (password) => {
    if (++arrived === tokens.length) all.resolve()
    await all.promise
    return hash(password)
  })
  try {
    return await Promise.all(tokens.map((token) => accept(token)))
  } finally {
    held.mockRestore()
  }
}
