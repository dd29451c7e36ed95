import type { PolicyAnswer } from '@keylease/shared/contracts/policy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { factories, newSecret } from '../../../test/factories'
import { createHarness, type Harness } from '../../../test/harness'
import { call, openRoom } from '../../../test/room'
import { inTenant } from '../../platform/tenancy'
import { listManagedKeyIds, listVisibleKeyIds } from './service'

type Room = Awaited<ReturnType<typeof openRoom>>
let harness: Harness
let own: Room
let other: Room

beforeAll(async () => {
  harness = await createHarness()
  own = await openRoom(harness)
  other = await openRoom(harness)
})
afterAll(() => harness.close())

const as = <T = Record<string, unknown>>(token: string | undefined, method: string, path: string, body?: unknown) =>
  call<T>(harness, token, method, path, body)
const grant = (body: object, token?: string) => as<{ id: string }>(token, 'POST', '/api/v1/grants', body)
const createKey = async (more: object = {}) =>
  (
    await as<{ id: string }>(undefined, 'POST', '/api/admin/api-keys', {
      provider: 'custom',
      name: 'prod',
      key: newSecret(),
      baseUrl: 'https://api.example.com',
      ...more,
    })
  ).body.id
const ask = (agentId: string, question: object, token?: string) =>
  as<PolicyAnswer>(token, 'POST', `/api/v1/agents/${agentId}/policy-check`, question)

describe('a grant', () => {
  test.each<[string, object, RegExp]>([
    ['no subject', { provider: 'openai' }, /exactly one of agentId, projectId/],
    ['two subjects', { agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345', role: 'user', provider: 'openai' }, /exactly one of agentId, projectId/],
    ['no target', { role: 'user' }, /exactly one of keyId, provider/],
    ['two targets', { role: 'user', provider: 'openai', tag: 'x' }, /exactly one of keyId, provider/],
    [
      'an agent that would manage',
      { agentId: 'agt_01jd2f8m3n6q9rkvwxyz012345', provider: 'openai', level: 'manage' },
      /level must be lease/,
    ],
    ['a pattern with a star inside', { role: 'user', provider: 'openai', models: ['gpt-*-mini'] }, /models\.0/],
    ['an end in the past', { role: 'user', provider: 'openai', expiresAt: '2020-01-01T00:00:00.000Z' }, /expiresAt must be in the future/],
    ['an address that is none', { role: 'user', provider: 'openai', addresses: ['10.0.0.0/33'] }, /addresses\.0 must be an address/],
    ['a time to live beyond an hour', { role: 'user', provider: 'openai', maxTtlSeconds: 3_601 }, /maxTtlSeconds/],
    [
      'an unknown time zone',
      { role: 'user', provider: 'openai', hours: { timeZone: 'Mars/Olympus', days: ['monday'], from: '09:00', to: '18:00' } },
      /time zone/,
    ],
    [
      'hours of no length',
      { role: 'user', provider: 'openai', hours: { timeZone: 'UTC', days: ['monday'], from: '09:00', to: '09:00' } },
      /another time/,
    ],
    [
      'an hour that is none',
      { role: 'user', provider: 'openai', hours: { timeZone: 'UTC', days: ['monday'], from: '25:00', to: '09:00' } },
      /hours\.from/,
    ],
  ])('with %s is refused in one clear sentence', async (_, body, message) => {
    const refused = await grant(body)
    expect(refused.status).toBe(400)
    expect(refused.body.error?.message).toMatch(message)
  })

  test('naming what is not there, or another tenant’s, is refused by field', async () => {
    const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    const foreignKey = await factories.providerKey?.(harness, token)
    const foreignMember = await factories.member?.(harness, token)
    const foreignTeam = await factories.team?.(harness, token)
    const foreignAgent = await factories.agent?.(harness, token)
    const foreignProject = await factories.project?.(harness, token)
    for (const [field, body] of [
      ['agentId', { agentId: foreignAgent, provider: 'openai' }],
      ['projectId', { projectId: foreignProject, provider: 'openai' }],
      ['teamId', { teamId: foreignTeam, provider: 'openai' }],
      ['memberId', { memberId: foreignMember, provider: 'openai' }],
      ['keyId', { agentId: own.agentId, keyId: foreignKey }],
    ] as const) {
      const refused = await grant(body)
      expect([field, refused.status, refused.body.error?.message]).toEqual([
        field,
        404,
        `${field} names nothing that is here for this credential. Check the id.`,
      ])
    }
  })

  test('keeps who granted it, and changes by the fields that are sent alone', async () => {
    const made = await grant({
      agentId: own.agentId,
      provider: 'openai',
      models: ['gpt-5*'],
      addresses: ['10.1.2.3/8'],
      maxTtlSeconds: 900,
    })
    expect(made.body).toMatchObject({ grantedBy: 'bootstrap', addresses: ['10.0.0.0/8'], maxTtlSeconds: 900, keyId: null, hours: null })
    const hours = { timeZone: 'Europe/Berlin', days: ['monday'], from: '22:00', to: '06:00' }
    const changed = await as(undefined, 'PATCH', `/api/v1/grants/${made.body.id}`, { hours, maxTtlSeconds: null })
    expect(changed.body).toMatchObject({ hours, maxTtlSeconds: null, models: ['gpt-5*'], addresses: ['10.0.0.0/8'] })
    const lifted = await as(undefined, 'PATCH', `/api/v1/grants/${made.body.id}`, { hours: null })
    expect(lifted.body).toMatchObject({ hours: null })
    expect((await as(undefined, 'PATCH', `/api/v1/grants/${made.body.id}`, { agentId: other.agentId })).status).toBe(400)
  })

  test('is found by its subject and by its target', async () => {
    const keyId = await createKey()
    const { id } = (await grant({ agentId: other.agentId, keyId })).body
    for (const filter of [`agentId=${other.agentId}`, `keyId=${keyId}`]) {
      expect((await as(undefined, 'GET', `/api/v1/grants?${filter}`)).body).toMatchObject({ items: [{ id }], total: 1 })
    }
    expect((await as(undefined, 'GET', `/api/v1/grants?keyId=${keyId}&agentId=${own.agentId}`)).body).toMatchObject({ items: [], total: 0 })
  })
})

describe('a Manager', () => {
  test('grants keys that they manage to what is in their teams, and nothing else', async () => {
    const ownKey = await createKey({ ownerTeamId: own.teamId })
    const foreignKey = await createKey({ ownerTeamId: other.teamId })
    const lent = await createKey()
    await grant({ teamId: own.teamId, keyId: lent, level: 'manage' })
    const { manager, agentId, projectId, teamId } = own
    const statuses = async (...bodies: object[]) => Promise.all(bodies.map(async (body) => (await grant(body, manager)).status))
    expect(
      await statuses({ agentId, keyId: ownKey }, { projectId, keyId: ownKey }, { teamId, keyId: ownKey }, { agentId, keyId: lent }),
    ).toEqual([201, 201, 201, 201])
    expect(
      await statuses({ agentId, keyId: foreignKey }, { agentId: other.agentId, keyId: ownKey }, { teamId: other.teamId, keyId: ownKey }),
    ).toEqual([404, 404, 404])
    const stranger = await factories.member?.(harness, harness.token)
    expect(await statuses({ memberId: stranger, keyId: ownKey })).toEqual([404])
    expect(
      await statuses({ agentId, provider: 'openai' }, { agentId, tag: 'x' }, { agentId, category: 'llm' }, { role: 'user', keyId: ownKey }),
    ).toEqual([403, 403, 403, 403])
  })

  test('sees the grants of their teams, and changes those of keys that they manage alone', async () => {
    const wide = (await grant({ agentId: own.agentId, provider: 'openai', maxTtlSeconds: 60 })).body.id
    const theirs = (await grant({ agentId: other.agentId, provider: 'openai' })).body.id
    expect((await as(own.manager, 'GET', `/api/v1/grants/${wide}`)).status).toBe(200)
    expect((await as(own.manager, 'PATCH', `/api/v1/grants/${wide}`, { maxTtlSeconds: null })).status).toBe(403)
    expect((await as(own.manager, 'DELETE', `/api/v1/grants/${wide}`)).status).toBe(403)
    for (const method of ['GET', 'DELETE']) expect((await as(own.manager, method, `/api/v1/grants/${theirs}`)).status).toBe(404)
    expect((await as(own.manager, 'PATCH', `/api/v1/grants/${theirs}`, { priority: 5 })).status).toBe(404)
    const list = await as<{ items: { agentId: string | null }[] }>(own.manager, 'GET', '/api/v1/grants?limit=200')
    expect(list.body.items.length).toBeGreaterThan(0)
    expect(list.body.items.filter((one) => one.agentId === other.agentId)).toEqual([])
  })

  test('loses a managed key with the grant, at its end and when the grant is withdrawn', async () => {
    const keyId = await createKey()
    const { id } = (await grant({ teamId: own.teamId, keyId, level: 'manage' })).body
    const actor = {
      kind: 'person' as const,
      id: 'mem_x',
      name: 'x',
      organizationId: harness.organizationId,
      permissions: new Set<never>(),
      reach: [own.teamId],
      request: { id: 'req_x', address: '', userAgent: '' },
    }
    const managed = () => inTenant(harness.deps.db, harness.organizationId, (tx) => listManagedKeyIds(tx, actor))
    const visible = () => inTenant(harness.deps.db, harness.organizationId, (tx) => listVisibleKeyIds(tx, actor))
    expect([await managed(), await visible()]).toEqual([expect.arrayContaining([keyId]), expect.arrayContaining([keyId])])
    await as(undefined, 'DELETE', `/api/v1/grants/${id}`)
    expect([await managed(), await visible()].flat()).not.toContain(keyId)
    expect(
      await inTenant(harness.deps.db, harness.organizationId, (tx) => listManagedKeyIds(tx, { ...actor, reach: 'organization' })),
    ).toBeNull()
  })
})

describe('the policy check', () => {
  test('says why an agent may use a key, and why it may not any more', async () => {
    const { agentId } = await openRoom(harness)
    const keyId = await createKey({ environment: 'production' })
    expect((await ask(agentId, { keyId })).body).toMatchObject({
      allowed: false,
      code: 'no_grant',
      sentence: expect.stringMatching(/Create a grant\.$/),
    })
    const { id } = (await grant({ agentId, keyId, models: ['gpt-5*'], maxTtlSeconds: 900 })).body
    expect((await ask(agentId, { keyId, models: ['gpt-5-mini'] })).body).toMatchObject({
      allowed: true,
      code: null,
      keyId,
      grantId: id,
      maxTtlSeconds: 900,
      restrictions: { models: ['gpt-5-mini'] },
      candidates: [{ keyId, grantId: id }],
    })
    expect((await ask(agentId, { provider: 'custom', models: ['o4'] })).body).toMatchObject({ allowed: false, code: 'model_not_granted' })
    await as(undefined, 'PATCH', `/api/v1/agents/${agentId}`, { enabled: false })
    expect((await ask(agentId, { keyId })).body).toMatchObject({ allowed: false, code: 'agent_disabled' })
  })

  test('holds for the moment that is asked about, and the environment of the project', async () => {
    const { agentId, projectId } = await openRoom(harness)
    const keyId = await createKey({ environment: 'production' })
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    await grant({ projectId, keyId, expiresAt: soon })
    expect((await ask(agentId, { keyId })).body.allowed).toBe(true)
    expect((await ask(agentId, { keyId, at: soon })).body).toMatchObject({ code: 'grant_expired' })
    await as(undefined, 'PATCH', `/api/v1/projects/${projectId}`, { environment: 'staging' })
    expect((await ask(agentId, { keyId })).body).toMatchObject({ code: 'environment_mismatch' })
  })

  test('tells nothing about agents beyond reach, nor about keys of another tenant', async () => {
    expect((await ask(other.agentId, { provider: 'openai' }, own.manager)).status).toBe(404)
    const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    const keyId = await factories.providerKey?.(harness, token)
    const answer = await ask(own.agentId, { keyId })
    expect([answer.status, answer.body.error?.message]).toEqual([
      404,
      'keyId names nothing that is here for this credential. Check the id.',
    ])
  })

  test('asks for a provider or a key, not for both and not for neither', async () => {
    expect((await ask(own.agentId, {})).status).toBe(400)
    expect((await ask(own.agentId, { provider: 'openai', keyId: 'pky_01jd2f8m3n6q9rkvwxyz012345' })).status).toBe(400)
  })
})
