import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signInAs } from '../../../test/factors'
import { createHarness, type Harness } from '../../../test/harness'
import { createFirstOwnerPath, createOwnerPath } from './service'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const password = 'a long enough password'
const tokenOf = (path: string | null) => new URL(path ?? '', 'http://localhost').searchParams.get('token') ?? ''
const become = (token: string, email: string, more: object = {}) =>
  harness.request('POST', '/api/v1/owner', { token: null, body: { token, name: 'Grace Hopper', email, password, ...more } })
const countPersons = async () => (await harness.deps.db.authPool.query('SELECT FROM "user"')).rowCount

describe('the owner link', () => {
  it('makes one Owner of the first organization, of twenty who use it at once', async () => {
    const token = tokenOf(await createFirstOwnerPath(harness.deps))
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => become(token, `grace-${i}@example.com`)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(19)
    expect(await countPersons()).toBe(1)
    const members = await harness.request('GET', '/api/v1/members')
    expect(await members.json()).toMatchObject({ total: 1, items: [{ role: 'owner', name: 'Grace Hopper' }] })
    expect(await createFirstOwnerPath(harness.deps)).toBeNull()
  })

  it('lets its Owner sign in', async () => {
    const email = 'second@example.com'
    const answer = await become(tokenOf(await createOwnerPath(harness.deps)), ' Second@EXAMPLE.com')
    expect(answer.status).toBe(201)
    const ids = (await answer.json()) as { userId: string; memberId: string; organizationId: string }
    const person = { ...ids, email, password, sessionId: '', cookies: new Map<string, string>() }
    expect((await signInAs(harness, person)).status).toBe(200)
    expect((await harness.request('GET', '/api/v1/audit', { person })).status).toBe(200)
  })

  it('replaces the one before it, ends after a day, and is not guessed', async () => {
    const first = tokenOf(await createOwnerPath(harness.deps))
    const second = tokenOf(await createOwnerPath(harness.deps))
    expect((await become(first, 'a@example.com')).status).toBe(410)
    expect(
      (
        await become(
          second.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
          'a@example.com',
        )
      ).status,
    ).toBe(410)
    await harness.deps.db.authPool.query(`UPDATE owner_link SET expires_at = now() - interval '1 second'`)
    expect((await become(second, 'a@example.com')).status).toBe(410)
  })

  it('survives what is refused, and no table holds its token', async () => {
    const token = tokenOf(await createOwnerPath(harness.deps))
    expect((await become(token, 'third@example.com', { password: 'elevenchars' })).status).toBe(400)
    expect((await become(token, 'third.person@example.com', { password: 'third.person@example.com' })).status).toBe(400)
    expect((await become(token, 'third@example.com', { role: 'owner' })).status).toBe(400)
    const rows = await harness.deps.db.authPool.query('SELECT to_jsonb(t)::text AS text FROM owner_link t')
    expect(JSON.stringify(rows.rows)).not.toContain(token)
    expect((await become(token, 'third@example.com')).status).toBe(201)
  })

  it('leaves no person behind when its audit entry cannot be written', async () => {
    const token = tokenOf(await createOwnerPath(harness.deps))
    const before = await countPersons()
    await harness.deps.db.ownerPool.query(`ALTER TABLE audit_entry ADD CONSTRAINT none CHECK (action <> 'member.created') NOT VALID`)
    try {
      expect((await become(token, 'fourth@example.com')).status).toBe(500)
    } finally {
      await harness.deps.db.ownerPool.query('ALTER TABLE audit_entry DROP CONSTRAINT none')
    }
    expect(await countPersons()).toBe(before)
    expect((await become(token, 'fourth@example.com')).status).toBe(201)
  })

  it('gives an existing person the place only with their password', async () => {
    const person = await harness.createPerson({ organizationId: await harness.createTenant() })
    const token = tokenOf(await createOwnerPath(harness.deps))
    expect((await become(token, person.email, { password: 'somebody else entirely' })).status).toBe(401)
    expect((await become(token, person.email, { password: person.password })).status).toBe(201)
  })
})

describe('the pages of links', () => {
  it('ask for nothing beyond themselves and say nothing of the token', async () => {
    for (const path of ['/welcome', '/invite', '/reset-password']) {
      const response = await harness.request('GET', `${path}?token=${'q'.repeat(43)}`, { token: null })
      const text = await response.text()
      expect(response.status).toBe(200)
      expect(text).not.toContain('q'.repeat(43))
      expect(text).not.toMatch(/\s(src|srcset|action|style|on\w+)=/)
      expect(response.headers.get('content-security-policy')).toContain("script-src 'nonce-")
      expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    }
  })
})
