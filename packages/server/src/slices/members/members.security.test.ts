import type { Role } from '@keylease/shared/contracts/permissions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callAs, grantStepUp, otherBrowser, signInAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import type { TestPerson } from '../../../test/people'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const change = async (person: TestPerson, memberId: string, role: Role) =>
  harness.request('PATCH', `/api/v1/members/${memberId}`, {
    person,
    body: { role },
    headers: await grantStepUp(harness, person, 'updateMember', memberId),
  })
const remove = async (person: TestPerson, memberId: string) =>
  harness.request('DELETE', `/api/v1/members/${memberId}`, {
    person,
    headers: await grantStepUp(harness, person, 'removeMember', memberId),
  })
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code
const statusOfMe = async (person: TestPerson) => (await harness.request('GET', '/api/auth/get-session', { person })).status

describe('the last Owner', () => {
  it('can neither be demoted nor leave, also when two Owners demote each other at once', async () => {
    const organizationId = await harness.createTenant()
    const [first, second] = [await harness.createPerson({ organizationId }), await harness.createPerson({ organizationId })]
    const answers = await Promise.all([change(first, second.memberId, 'admin'), change(second, first.memberId, 'admin')])
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses[0]).toBe(200)
    expect([401, 403, 409]).toContain(statuses[1])
    const last = answers[0]?.status === 200 ? first : second
    expect(await callAs(harness, last, 'GET', '/api/v1/members?role=owner')).toMatchObject({ total: 1, items: [{ id: last.memberId }] })
    expect(await codeOf(await change(last, last.memberId, 'admin'))).toBe('last_owner')
    expect(await codeOf(await remove(last, last.memberId))).toBe('last_owner')
    const third = await harness.createPerson({ organizationId })
    expect((await remove(third, last.memberId)).status).toBe(204)
  })
})

describe('two Owners', () => {
  it('who are demoted at once are not both demoted, however often it is tried', async () => {
    const organizationId = await harness.createTenant()
    const token = harness.createCredential({ organizationId, role: 'owner' })
    const set = (memberId: string, role: Role) => harness.request('PATCH', `/api/v1/members/${memberId}`, { token, body: { role } })
    const owners = [await harness.createPerson({ organizationId }), await harness.createPerson({ organizationId })]
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(owners.map(({ memberId }) => set(memberId, 'admin')))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
      for (const { memberId } of owners) await set(memberId, 'owner')
    }
  })
})

describe('a role', () => {
  it('above the own one is neither given, changed nor removed', async () => {
    const admin = await harness.createPerson({ role: 'admin' })
    const [owner, user] = [await harness.createPerson(), await harness.createPerson({ role: 'user' })]
    expect((await change(admin, user.memberId, 'owner')).status).toBe(403)
    expect((await change(admin, owner.memberId, 'user')).status).toBe(403)
    expect((await remove(admin, owner.memberId)).status).toBe(403)
    expect((await change(admin, user.memberId, 'admin')).status).toBe(200)
    const invite = (role: Role) =>
      harness.request('POST', '/api/v1/invitations', { person: admin, body: { email: `new-${role}@example.com`, role } })
    expect((await invite('owner')).status).toBe(403)
    expect((await invite('admin')).status).toBe(201)
    const { key } = await harness.issueKey({ scopes: ['admin'], role: 'admin' })
    const byKey = await harness.request('PATCH', `/api/v1/members/${user.memberId}`, { token: key, body: { role: 'owner' } })
    expect(byKey.status).toBe(403)
  })

  it('that changes ends the sessions of the member, who signs in again with the new one', async () => {
    const [owner, member] = [await harness.createPerson(), await harness.createPerson({ role: 'admin' })]
    expect(await statusOfMe(member)).toBe(200)
    expect((await change(owner, member.memberId, 'viewer')).status).toBe(200)
    expect(await statusOfMe(member)).toBe(401)
    const again = otherBrowser(member)
    await signInAs(harness, again)
    expect((await harness.request('POST', '/api/v1/projects', { person: again, body: { name: 'x' } })).status).toBe(403)
  })

  it('gives people exactly its permissions', async () => {
    for (const role of ['owner', 'admin', 'manager', 'user', 'viewer'] as const) {
      const person = await harness.createPerson({ role })
      const statuses = {
        members: (await harness.request('GET', '/api/v1/members', { person })).status,
        invite: (await harness.request('POST', '/api/v1/invitations', { person, body: {} })).status,
        audit: (await harness.request('GET', '/api/v1/audit', { person })).status,
      }
      const isAdmin = role === 'owner' || role === 'admin'
      expect(statuses, role).toEqual({ members: 200, invite: isAdmin ? 400 : 403, audit: isAdmin ? 200 : 403 })
    }
  })
})

describe('a Manager', () => {
  it('sees with the next request what a new team of theirs brings', async () => {
    const manager = await harness.createPerson({ role: 'manager' })
    const owner = await harness.createPerson()
    const team = await callAs(harness, owner, 'POST', '/api/v1/teams', { name: 'Payments' })
    await callAs(harness, owner, 'POST', '/api/v1/projects', { name: 'of the team', teamId: team['id'] })
    const count = async () => (await callAs(harness, manager, 'GET', '/api/v1/projects'))['total']
    expect(await count()).toBe(0)
    await callAs(harness, owner, 'PUT', `/api/v1/teams/${team['id']}/members/${manager.memberId}`)
    expect(await count()).toBe(1)
    await callAs(harness, owner, 'DELETE', `/api/v1/teams/${team['id']}/members/${manager.memberId}`)
    expect(await count()).toBe(0)
  })
})

describe('a team', () => {
  it('with projects is kept; without any it goes and takes nobody along', async () => {
    const owner = await harness.createPerson()
    const team = await callAs(harness, owner, 'POST', '/api/v1/teams', { name: 'Payments' })
    const project = await callAs(harness, owner, 'POST', '/api/v1/projects', { name: 'x', teamId: team['id'] })
    await callAs(harness, owner, 'PUT', `/api/v1/teams/${team['id']}/members/${owner.memberId}`)
    const path = `/api/v1/teams/${team['id']}`
    expect(await codeOf(await harness.request('DELETE', path, { person: owner }))).toBe('team_in_use')
    await callAs(harness, owner, 'DELETE', `/api/v1/projects/${project['id']}`)
    expect((await harness.request('DELETE', path, { person: owner })).status).toBe(204)
    expect(await callAs(harness, owner, 'GET', `/api/v1/members/${owner.memberId}`)).toMatchObject({ teamIds: [] })
  })

  it('takes no member of another organization', async () => {
    const owner = await harness.createPerson()
    const foreign = await harness.createPerson({ organizationId: await harness.createTenant() })
    const team = await callAs(harness, owner, 'POST', '/api/v1/teams', { name: 'Payments' })
    const response = await harness.request('PUT', `/api/v1/teams/${team['id']}/members/${foreign.memberId}`, { person: owner })
    expect(response.status).toBe(404)
  })
})
