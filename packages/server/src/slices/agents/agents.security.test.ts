import { afterAll, beforeAll, expect, test } from 'vitest'
import { factories } from '../../../test/factories'
import { createHarness, type Harness } from '../../../test/harness'
import { call, openRoom } from '../../../test/room'
import { inTenantSql } from '../../platform/tenancy'

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

const as = (token: string | undefined, method: string, path: string, body?: unknown) => call(harness, token, method, path, body)
const query = <T extends object>(sql: string, values: unknown[]) =>
  inTenantSql(harness.deps.db.systemPool, harness.organizationId, async (client) => (await client.query<T>(sql, values)).rows)

test('a Manager and a User see the projects and agents of their teams and no other', async () => {
  const rootless = await factories.project?.(harness, harness.token)
  for (const token of [own.manager, own.user]) {
    for (const [kind, mine, theirs] of [
      ['projects', own.projectId, other.projectId],
      ['agents', own.agentId, other.agentId],
    ]) {
      const list = await as(token, 'GET', `/api/v1/${kind}`)
      expect(list.body).toMatchObject({ items: [{ id: mine }], total: 1, nextCursor: null })
      expect((await as(token, 'GET', `/api/v1/${kind}/${mine}`)).status).toBe(200)
      expect((await as(token, 'GET', `/api/v1/${kind}/${theirs}`)).status).toBe(404)
    }
    expect((await as(token, 'GET', `/api/v1/projects/${rootless}`)).status).toBe(404)
    expect((await as(token, 'GET', `/api/v1/projects?teamId=${other.teamId}`)).body).toMatchObject({ items: [], total: 0 })
  }
  const viewer = harness.createCredential({ organizationId: harness.organizationId, role: 'viewer' })
  expect((await as(viewer, 'GET', `/api/v1/agents/${other.agentId}`)).status).toBe(200)
})

test('a Manager changes nothing beyond their teams, and cannot move anything out of them', async () => {
  const { manager, projectId } = own
  expect((await as(manager, 'PATCH', `/api/v1/projects/${other.projectId}`, { name: 'mine' })).status).toBe(404)
  expect((await as(manager, 'DELETE', `/api/v1/agents/${other.agentId}`)).status).toBe(404)
  expect((await as(manager, 'PATCH', `/api/v1/agents/${other.agentId}`, { enabled: false })).status).toBe(404)
  expect((await as(manager, 'GET', `/api/v1/agents/${other.agentId}/impact`)).status).toBe(404)
  const moved = await as(manager, 'PATCH', `/api/v1/projects/${projectId}`, { teamId: other.teamId })
  expect([moved.status, moved.body.error?.message]).toEqual([404, 'teamId names nothing that is here for this credential. Check the id.'])
  expect((await as(manager, 'PATCH', `/api/v1/projects/${projectId}`, { teamId: null })).status).toBe(400)
})

test('a Manager names one of their teams for a new project, and one of their projects for a new agent', async () => {
  const { manager } = own
  expect((await as(manager, 'POST', '/api/v1/projects', { name: 'a' })).body.error?.message).toMatch(/teamId is required/)
  expect((await as(manager, 'POST', '/api/v1/projects', { name: 'a', teamId: other.teamId })).status).toBe(404)
  expect((await as(manager, 'POST', '/api/v1/projects', { name: 'a', teamId: own.teamId })).status).toBe(201)
  const foreign = await as(manager, 'POST', '/api/v1/agents', { name: 'a', projectId: other.projectId })
  expect([foreign.status, foreign.body.error?.code]).toEqual([404, 'not_found'])
  expect(foreign.body.error?.message).toMatch(/^projectId /)
})

test('ids of another tenant in a body read as absent, by field', async () => {
  const organizationId = await harness.createTenant()
  const token = harness.createCredential({ organizationId, role: 'owner' })
  const mine = await factories.project?.(harness, token)
  const member = await factories.member?.(harness, harness.token)
  for (const [path, body, field] of [
    ['/api/v1/projects', { name: 'a', teamId: own.teamId }, 'teamId'],
    ['/api/v1/agents', { name: 'a', projectId: own.projectId }, 'projectId'],
    ['/api/v1/agents', { name: 'a', projectId: mine, ownerMemberId: member }, 'ownerMemberId'],
  ] as const) {
    const answer = await as(token, 'POST', path, body)
    expect([answer.status, answer.body.error?.message]).toEqual([
      404,
      `${field} names nothing that is here for this credential. Check the id.`,
    ])
  }
})

test('a project with agents is not deleted and says how many it has; without, it is', async () => {
  const { projectId, agentId } = await openRoom(harness)
  const refused = await as(undefined, 'DELETE', `/api/v1/projects/${projectId}`)
  expect(refused).toMatchObject({
    status: 409,
    body: { error: { code: 'project_in_use', message: 'The project has one agent. Delete it first.', details: { agents: 1 } } },
  })
  expect((await as(undefined, 'DELETE', `/api/v1/agents/${agentId}`)).status).toBe(204)
  expect((await as(undefined, 'DELETE', `/api/v1/projects/${projectId}`)).status).toBe(204)
})

test('of a project deleted and an agent created in it at once, one wins', async () => {
  for (let i = 0; i < 6; i++) {
    const projectId = await factories.project?.(harness, harness.token)
    const [created, deleted] = await Promise.all([
      as(undefined, 'POST', '/api/v1/agents', { name: 'a', projectId }),
      as(undefined, 'DELETE', `/api/v1/projects/${projectId}`),
    ])
    expect([
      [201, 409],
      [404, 204],
    ]).toContainEqual([created.status, deleted.status])
  }
})

test('disabling an agent stops its platform keys at once, and tells replicas and webhooks', async () => {
  const { agentId, projectId } = await openRoom(harness)
  const { key } = await harness.issueKey({ agentId, scopes: ['read'] })
  expect((await as(key, 'GET', '/api/v1/projects')).status).toBe(200)
  expect((await as(undefined, 'PATCH', `/api/v1/agents/${agentId}`, { enabled: false })).body).toMatchObject({ enabled: false })
  await expect.poll(async () => (await as(key, 'GET', '/api/v1/projects')).status, { timeout: 5_000 }).toBe(401)
  const changes = await query<{ kind: string }>(`SELECT kind FROM change WHERE payload->>'agentId' = $1 AND kind = 'agent.changed'`, [
    agentId,
  ])
  expect(changes, 'it was made, then disabled').toHaveLength(2)
  const events = await query(`SELECT kind, payload FROM outbox_event WHERE resource_id = $1`, [agentId])
  expect(events).toEqual([{ kind: 'security.agent_disabled', payload: { name: 'support-bot', projectId, how: 'disabled' } }])
  await as(undefined, 'PATCH', `/api/v1/agents/${agentId}`, { enabled: true })
  await expect.poll(async () => (await as(key, 'GET', '/api/v1/projects')).status, { timeout: 5_000 }).toBe(200)
})

test('deleting an agent takes its grants and trust rules with it, as its impact says before', async () => {
  const { agentId } = await openRoom(harness)
  const { key } = await harness.issueKey({ agentId, scopes: ['read'] })
  const grant = await as(undefined, 'POST', '/api/v1/grants', { agentId, provider: 'openai' })
  const trust = { agentId, name: 'ci', issuer: 'https://idp.example.com', subjectPattern: 'job:build' }
  const rule = await as(undefined, 'POST', '/api/v1/trust-rules', trust)
  expect((await as(undefined, 'GET', `/api/v1/agents/${agentId}/impact`)).body).toEqual({
    agentId,
    platformKeys: 1,
    grants: 1,
    trustRules: 1,
    liveLeases: 0,
    spendNanos24h: '0',
  })
  expect((await as(undefined, 'DELETE', `/api/v1/agents/${agentId}`)).status).toBe(204)
  for (const path of [`agents/${agentId}`, `grants/${grant.body['id']}`, `trust-rules/${rule.body['id']}`]) {
    expect((await as(undefined, 'GET', `/api/v1/${path}`)).status, path).toBe(404)
  }
  await expect.poll(async () => (await as(key, 'GET', '/api/v1/projects')).status, { timeout: 5_000 }).toBe(401)
  expect((await as(undefined, 'POST', '/api/v1/trust-rules', trust)).status).toBe(404)
})

test('the list pages newest first without repeating or losing one, and searches by text, not by pattern', async () => {
  const { projectId } = await openRoom(harness)
  const made: string[] = []
  for (const name of ['a%b', 'a_b', 'axb']) {
    made.unshift((await call<{ id: string }>(harness, harness.token, 'POST', '/api/v1/agents', { name, projectId })).body.id)
  }
  const seen: string[] = []
  let cursor: string | null = ''
  do {
    const path = `/api/v1/agents?projectId=${projectId}&limit=2${cursor ? `&cursor=${cursor}` : ''}`
    const page: { items: { id: string }[]; nextCursor: string | null; total: number } = (
      await call<typeof page>(harness, harness.token, 'GET', path)
    ).body
    expect(page.total).toBe(4)
    seen.push(...page.items.map((one) => one.id))
    cursor = page.nextCursor
  } while (cursor)
  expect(seen.slice(0, 3)).toEqual(made)
  expect(new Set(seen).size).toBe(4)
  for (const [search, total] of [
    ['a%b', 1],
    ['A_B', 1],
    ['_', 1],
    ['b', 4],
  ] as const) {
    const found = await as(undefined, 'GET', `/api/v1/agents?projectId=${projectId}&search=${encodeURIComponent(search)}`)
    expect(found.body['total'], search).toBe(total)
  }
})
