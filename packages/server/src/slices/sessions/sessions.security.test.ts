import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import { cookieHeader, createSession, type TestPerson } from '../../../test/people'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const list = async (person: TestPerson, query = '') =>
  ((await callAs(harness, person, 'GET', `/api/v1/sessions${query}`))['items'] as { id: string; isCurrent: boolean }[]).map(({ id }) => id)
const end = (person: TestPerson, id: string) => harness.request('DELETE', `/api/v1/sessions/${id}`, { person })
const switchTo = (person: TestPerson, organizationId: string) =>
  harness.request('POST', '/api/v1/sessions/current/organization', { person, body: { organizationId } })

describe('sessions', () => {
  it('are listed to their person alone, and those of a member to Owners and Admins', async () => {
    const [owner, admin] = [await harness.createPerson(), await harness.createPerson({ role: 'admin' })]
    const [user, other] = [await harness.createPerson({ role: 'user' }), await harness.createPerson({ role: 'user' })]
    const second = await createSession(harness.deps, user.userId, user.organizationId)
    expect(new Set(await list(user))).toEqual(new Set([user.sessionId, second.sessionId]))
    for (const overseer of [owner, admin]) expect(await list(overseer, `?memberId=${user.memberId}`)).toHaveLength(2)
    const refused = await harness.request('GET', `/api/v1/sessions?memberId=${user.memberId}`, { person: other })
    expect([refused.status, await refused.text()]).toEqual([404, expect.stringContaining('memberId')])
  })

  it('of another tenant read as absent', async () => {
    const owner = await harness.createPerson()
    const foreign = await harness.createPerson({ organizationId: await harness.createTenant() })
    expect((await end(owner, foreign.sessionId)).status).toBe(404)
    expect((await harness.request('GET', `/api/v1/sessions?memberId=${foreign.memberId}`, { person: owner })).status).toBe(404)
    expect(await list(foreign)).toEqual([foreign.sessionId])
  })

  it('are ended by their person or an overseer, and by nobody else', async () => {
    const [owner, user, other] = [
      await harness.createPerson(),
      await harness.createPerson({ role: 'user' }),
      await harness.createPerson({ role: 'user' }),
    ]
    expect((await end(other, user.sessionId)).status).toBe(404)
    const second = await createSession(harness.deps, user.userId, user.organizationId)
    expect((await end(user, second.sessionId)).status).toBe(204)
    expect((await end(owner, user.sessionId)).status).toBe(204)
    expect((await harness.request('GET', '/api/v1/sessions', { person: user })).status).toBe(401)
  })
})

describe('a person in two organizations', () => {
  it('works in one at a time, with the role they have there, under a new session id after each switch', async () => {
    const here = await harness.createPerson({ role: 'viewer' })
    const elsewhere = await harness.createTenant()
    await harness.createPerson({ organizationId: elsewhere, role: 'owner', as: here })
    expect((await harness.request('POST', '/api/v1/projects', { person: here, body: { name: 'x' } })).status).toBe(403)
    const before = cookieHeader(here.cookies)
    const copy = { ...here, cookies: new Map(here.cookies) }
    const switched = await switchTo(here, elsewhere)
    expect(await switched.json()).toMatchObject({ organizationId: elsewhere, isCurrent: true })
    expect(cookieHeader(here.cookies)).not.toBe(before)
    expect((await harness.request('GET', '/api/auth/get-session', { person: copy })).status).toBe(401)
    await callAs(harness, here, 'POST', '/api/v1/projects', { name: 'over there' })
    expect(await callAs(harness, here, 'GET', '/api/v1/projects')).toMatchObject({ total: 1 })
  })

  it('enters none that they are not a member of', async () => {
    const person = await harness.createPerson()
    const response = await switchTo(person, await harness.createTenant())
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('organizationId')])
  })

  it('and is removed from one, keeps the other', async () => {
    const here = await harness.createPerson({ role: 'user' })
    const elsewhere = await harness.createTenant()
    await harness.createPerson({ organizationId: elsewhere, as: here })
    await switchTo(here, elsewhere)
    expect((await harness.request('DELETE', `/api/v1/members/${here.memberId}`)).status).toBe(204)
    expect((await harness.request('GET', '/api/auth/get-session', { person: here })).status).toBe(200)
    expect((await switchTo(here, harness.organizationId)).status).toBe(404)
  })
})
