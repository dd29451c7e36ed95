import type { Role } from '@keylease/shared/contracts/permissions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callAs, grantStepUp } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import { createSession, type TestPerson } from '../../../test/people'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const leave = async (person: TestPerson) =>
  harness.request('DELETE', '/api/v1/members/me', { person, headers: await grantStepUp(harness, person, 'leaveOrganization') })
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code
const statusOfMe = async (person: TestPerson) => (await harness.request('GET', '/api/auth/get-session', { person })).status

describe('whoever is in an organization', () => {
  it.each(['owner', 'admin', 'manager', 'user', 'viewer'] as const satisfies Role[])(
    'may leave it as %s, and is out at once',
    async (role) => {
      const [owner, person] = [await harness.createPerson(), await harness.createPerson({ role })]
      const team = await callAs(harness, owner, 'POST', '/api/v1/teams', { name: 'Payments' })
      await callAs(harness, owner, 'PUT', `/api/v1/teams/${team['id']}/members/${person.memberId}`)
      const elsewhere = { ...person, ...(await createSession(harness.deps, person.userId, person.organizationId)) }
      expect((await leave(person)).status).toBe(204)
      expect([await statusOfMe(person), await statusOfMe(elsewhere)]).toEqual([401, 401])
      expect((await harness.request('GET', `/api/v1/members/${person.memberId}`)).status).toBe(404)
      const { items } = await callAs(harness, owner, 'GET', `/api/v1/audit?kind=audit&resourceId=${person.memberId}`)
      expect(items).toMatchObject([{ action: 'member.left', actor: { id: person.memberId } }])
    },
  )

  it('shows a fresh factor first', async () => {
    const person = await harness.createPerson({ role: 'user' })
    expect(await codeOf(await harness.request('DELETE', '/api/v1/members/me', { person }))).toBe('step_up_required')
    expect(await statusOfMe(person)).toBe(200)
  })

  it('keeps their place in every other one', async () => {
    const person = await harness.createPerson({ role: 'user' })
    const organizationId = await harness.createTenant()
    const other = await harness.createPerson({ organizationId, as: person, role: 'user' })
    expect((await leave(person)).status).toBe(204)
    expect([await statusOfMe(person), await statusOfMe(other)]).toEqual([401, 200])
  })
})

it('the last Owner cannot leave, nor can the last two at once', async () => {
  const organizationId = await harness.createTenant()
  const owners = [await harness.createPerson({ organizationId }), await harness.createPerson({ organizationId })]
  const answers = await Promise.all(owners.map(leave))
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 409])
  const [last] = owners.filter((_, i) => answers[i]?.status === 409)
  expect(last && (await codeOf(await leave(last)))).toBe('last_owner')
})

it('a key leaves no organization: it is nobody’s place', async () => {
  const { key } = await harness.issueKey({ scopes: ['admin'], role: 'admin' })
  expect((await harness.request('DELETE', '/api/v1/members/me', { token: key })).status).toBe(403)
})
