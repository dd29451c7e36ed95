import { createHash } from 'node:crypto'
import { IssuedPlatformKey } from '@keylease/shared/contracts/platform-keys'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findSecrets } from '../../../test/canary'
import { factories } from '../../../test/factories'
import { createHarness, type Harness } from '../../../test/harness'
import { inTenantSql } from '../../platform/tenancy'

const base = '/api/v1/platform/api-keys'
let harness: Harness

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const statusOf = async (...call: Parameters<Harness['request']>) => (await harness.request(...call)).status
const makeAgent = async (token = harness.token) => (await factories.agent?.(harness, token)) ?? ''

async function makeTeam(name: string): Promise<string> {
  const id = newId('team')
  await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query('INSERT INTO team (organization_id, id, name) VALUES ($1, $2, $3)', [harness.organizationId, id, name]),
  )
  return id
}

async function makeAgentOf(teamId: string): Promise<string> {
  const project = await harness.request('POST', '/api/v1/projects', { body: { name: 'team', teamId } })
  const { id: projectId } = (await project.json()) as { id: string }
  const agent = await harness.request('POST', '/api/v1/agents', { body: { name: 'bot', projectId } })
  return ((await agent.json()) as { id: string }).id
}

test('nobody makes a key that may do more than they may', async () => {
  const manager = harness.createCredential({ organizationId: harness.organizationId, role: 'manager' })
  const create = (token: string, scopes: string[]) => statusOf('POST', base, { token, body: { name: 'x', scopes } })
  expect([await create(manager, ['read', 'write']), await create(manager, ['admin']), await create(manager, ['read', 'admin'])]).toEqual([
    201, 403, 403,
  ])
  const admin = await harness.issueKey({ scopes: ['admin'] })
  const write = await harness.issueKey({ scopes: ['write'] })
  expect([await create(admin.key, ['admin']), await create(write.key, ['read'])]).toEqual([201, 403])
})

test('the key of a Manager cannot do what is for Admins alone, whatever its scope', async () => {
  const { key } = await harness.issueKey({ role: 'manager', scopes: ['read', 'write'] })
  expect(await statusOf('POST', '/api/v1/projects', { token: key, body: { name: 'a' } })).toBe(201)
  expect(await statusOf('GET', '/metrics', { token: key })).toBe(403)
  expect(await statusOf('GET', '/metrics', { token: (await harness.issueKey({ scopes: ['read'] })).key })).toBe(200)
})

test('the key of a Manager sees their teams and nothing else', async () => {
  const [own, foreign] = [await makeTeam('own'), await makeTeam('foreign')]
  const [ownAgent, foreignAgent] = [await makeAgentOf(own), await makeAgentOf(foreign)]
  const { key } = await harness.issueKey({ role: 'manager', reach: [own], scopes: ['read'] })
  expect(await statusOf('GET', `/api/v1/agents/${ownAgent}`, { token: key })).toBe(200)
  expect(await statusOf('GET', `/api/v1/agents/${foreignAgent}`, { token: key })).toBe(404)
})

test('a Manager makes, sees and ends keys of their agents only, and takes over none that reaches further', async () => {
  const { organizationId } = harness
  const [own, foreign] = [await makeTeam('own'), await makeTeam('foreign')]
  const [ownAgent, foreignAgent] = [await makeAgentOf(own), await makeAgentOf(foreign)]
  const token = harness.createCredential({ organizationId, role: 'manager', reach: [own] })
  const body = (agentId: string) => ({ token, body: { name: 'bot', scopes: ['lease'], agentId } })
  expect(await statusOf('POST', base, body(ownAgent))).toBe(201)
  expect(await statusOf('POST', base, body(foreignAgent))).toBe(404)

  const foreignKey = await harness.issueKey({ scopes: ['lease'], agentId: foreignAgent })
  for (const method of ['GET', 'DELETE']) expect(await statusOf(method, `${base}/${foreignKey.id}`, { token })).toBe(404)
  const wide = await harness.issueKey({ scopes: ['read', 'lease'], agentId: ownAgent })
  expect(await statusOf('GET', `${base}/${wide.id}`, { token })).toBe(200)
  expect(await statusOf('POST', `${base}/${wide.id}/regenerate`, { token, body: {} })).toBe(403)
  expect(await statusOf('PATCH', `${base}/${wide.id}`, { token, body: { addresses: [] } })).toBe(403)
  expect(await statusOf('DELETE', `${base}/${wide.id}`, { token })).toBe(204)
  for (const agentId of [ownAgent, null]) {
    const further = await harness.issueKey({ role: 'manager', reach: [own, foreign], agentId })
    expect(await statusOf('GET', `${base}/${further.id}`, { token })).toBe(200)
    expect(await statusOf('POST', `${base}/${further.id}/regenerate`, { token, body: {} })).toBe(403)
  }
  const narrow = await harness.issueKey({ scopes: ['lease'], agentId: ownAgent })
  expect(await statusOf('POST', `${base}/${narrow.id}/regenerate`, { token, body: {} })).toBe(200)
})

test("another tenant's agent reads as an absent one, and the answer names the field", async () => {
  const foreign = await makeAgent(harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' }))
  for (const agentId of [foreign, newId('agent')]) {
    const response = await harness.request('POST', base, { body: { name: 'bot', scopes: ['lease'], agentId } })
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    expect([response.status, error.code]).toEqual([404, 'not_found'])
    expect(error.message).toContain('agentId')
  }
})

test('a key works in its own tenant alone', async () => {
  const tenant = await harness.createTenant()
  const { key } = await harness.issueKey({ organizationId: tenant, scopes: ['admin'] })
  const own = await harness.issueKey({ scopes: ['read'] })
  expect(await statusOf('GET', `${base}/${own.id}`, { token: key })).toBe(404)
  const list = (await (await harness.request('GET', base, { token: key })).json()) as { total: number }
  expect(list.total).toBe(1)
})

test('a lease key without an agent is refused in one sentence', async () => {
  const response = await harness.request('POST', base, { body: { name: 'bot', scopes: ['lease'] } })
  const { error } = (await response.json()) as { error: { message: string } }
  expect([response.status, error.message]).toEqual([
    400,
    'The request is not valid: agentId is required: a key with the lease scope is for one agent.',
  ])
})

test('keys are in no answer but their own, in no log line and in no row, and neither is what they hash to without the pepper', async () => {
  const replayed = { 'idempotency-key': newId('request') }
  const body = { name: 'canary', scopes: ['admin'] }
  const first = IssuedPlatformKey.parse(await (await harness.request('POST', base, { body, headers: replayed })).json())
  const again = IssuedPlatformKey.parse(await (await harness.request('POST', base, { body, headers: replayed })).json())
  expect(again.key).toBe(first.key)
  const next = await harness.request('POST', `${base}/${first.id}/regenerate`, { body: { overlapSeconds: 60 } })
  const second = IssuedPlatformKey.parse(await next.json())
  const answers: string[] = []
  for (const token of [first.key, second.key, `${second.key}x`, second.key.toUpperCase()]) {
    for (const [method, path] of [
      ['GET', base],
      ['GET', `${base}/${first.id}`],
      ['GET', `${base}/${first.id}/usage`],
      ['POST', `${base}/${token}/regenerate`],
      ['GET', '/nowhere'],
    ] as const) {
      const response = await harness.request(method, path, { token, ...(method === 'POST' ? { body: { [token]: token } } : {}) })
      answers.push(`${JSON.stringify([...response.headers])} ${await response.text()}`)
    }
  }
  await harness.deps.keyUsage.flush()
  await harness.deps.security.flush()
  const secrets = [first.key, second.key].flatMap((key) => [key, key.slice(8, 72), createHash('sha256').update(key).digest()])
  expect(findSecrets(answers.join('\n'), secrets)).toEqual([])
  expect(findSecrets(harness.logLines.join('\n'), secrets)).toEqual([])
  expect(findSecrets(await dumpTables(), secrets)).toEqual([])
})

async function dumpTables(): Promise<string> {
  const { ownerPool } = harness.deps.db
  const tables = await ownerPool.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
  )
  const dumps: string[] = []
  for (const { name } of tables.rows) {
    await ownerPool.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`)
    dumps.push(JSON.stringify((await ownerPool.query(`SELECT to_jsonb(t) AS row FROM ${name} t`)).rows))
  }
  expect(dumps.join('\n')).toContain('canary')
  return dumps.join('\n')
}
