import type { Role, Scope } from '@keylease/shared/contracts/permissions'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { callAs, grantStepUp } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import type { TestPerson } from '../../../test/people'

type Replica = Pick<Harness, 'deps' | 'request' | 'close'>
let harness: Harness
let other: Replica
let owner: TestPerson

beforeAll(async () => {
  harness = await createHarness()
  other = await harness.openReplica()
  owner = await harness.createPerson()
})
afterAll(async () => {
  await other.close()
  await harness.close()
})

async function makeKey(person: TestPerson, scopes: Scope[] = ['admin']): Promise<string> {
  return String((await callAs(harness, person, 'POST', '/api/v1/platform/api-keys', { name: 'key', scopes }))['key'])
}
const readAudit = async (token: string, at: Replica = harness) => (await at.request('GET', '/api/v1/audit', { token })).status
const write = async (token: string, body: object = { name: 'x' }) =>
  (await harness.request('POST', '/api/v1/projects', { token, body })).status
const countProjects = async (token: string) =>
  ((await (await harness.request('GET', '/api/v1/projects', { token })).json()) as { total: number }).total

async function setRole({ memberId }: TestPerson, role: Role): Promise<void> {
  const headers = await grantStepUp(harness, owner, 'updateMember', memberId)
  await callAs(harness, owner, 'PATCH', `/api/v1/members/${memberId}`, { role }, headers)
}

async function remove({ memberId }: TestPerson): Promise<void> {
  const headers = await grantStepUp(harness, owner, 'removeMember', memberId)
  await callAs(harness, owner, 'DELETE', `/api/v1/members/${memberId}`, undefined, headers)
}

describe('a platform key', () => {
  it('of an Admin who is demoted does no more than they may, here at once and on another replica within a second', async () => {
    const admin = await harness.createPerson({ role: 'admin' })
    const key = await makeKey(admin)
    expect([await readAudit(key), await readAudit(key, other)]).toEqual([200, 200])
    await setRole(admin, 'viewer')
    const started = performance.now()
    expect([await readAudit(key), await write(key)]).toEqual([403, 403])
    await vi.waitFor(async () => expect(await readAudit(key, other)).toBe(403), { timeout: 5_000, interval: 5 })
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(await countProjects(key)).toBeGreaterThanOrEqual(0)
  })

  it('gets back what it had, and never more than it was made with, when the role is given back', async () => {
    const manager = await harness.createPerson({ role: 'manager' })
    const team = await callAs(harness, owner, 'POST', '/api/v1/teams', { name: 'Payments' })
    await callAs(harness, owner, 'PUT', `/api/v1/teams/${team['id']}/members/${manager.memberId}`)
    const key = await makeKey(manager, ['write'])
    const writeInTeam = () => write(key, { name: 'x', teamId: team['id'] })
    expect(await writeInTeam()).toBe(201)
    await setRole(manager, 'viewer')
    expect(await writeInTeam()).toBe(403)
    await setRole(manager, 'admin')
    expect([await writeInTeam(), await write(key)]).toEqual([201, 400])
  })

  it('that a key made follows the member at the start of that line', async () => {
    const admin = await harness.createPerson({ role: 'admin' })
    const body = { name: 'second', scopes: ['admin'] }
    const made = await harness.request('POST', '/api/v1/platform/api-keys', { token: await makeKey(admin), body })
    const { key } = (await made.json()) as { key: string }
    expect(await readAudit(key)).toBe(200)
    await setRole(admin, 'user')
    expect(await readAudit(key)).toBe(403)
  })

  it('of the whole organization reaches the teams alone that its maker now works in', async () => {
    const admin = await harness.createPerson({ role: 'admin' })
    const key = await makeKey(admin, ['read'])
    const team = await callAs(harness, owner, 'POST', '/api/v1/teams', { name: 'Payments' })
    await callAs(harness, owner, 'POST', '/api/v1/projects', { name: 'of the team', teamId: team['id'] })
    await callAs(harness, owner, 'POST', '/api/v1/projects', { name: 'of nobody' })
    expect(await countProjects(key)).toBeGreaterThan(1)
    await setRole(admin, 'manager')
    expect(await countProjects(key)).toBe(0)
    await callAs(harness, owner, 'PUT', `/api/v1/teams/${team['id']}/members/${admin.memberId}`)
    expect(await countProjects(key)).toBe(1)
  })

  it('of a member who left goes on with the role they had last', async () => {
    const [admin, demoted] = [await harness.createPerson({ role: 'admin' }), await harness.createPerson({ role: 'admin' })]
    const keys = [await makeKey(admin), await makeKey(demoted)] as const
    await setRole(demoted, 'viewer')
    for (const person of [admin, demoted]) await remove(person)
    expect([await readAudit(keys[0]), await readAudit(keys[1])]).toEqual([200, 403])
  })
})
