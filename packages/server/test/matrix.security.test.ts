import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import {
  permissionsOfRole,
  permissionsOfScopes,
  permissionTable,
  type Role,
  roles as rolesInTurn,
  type Scope,
} from '@keylease/shared/contracts/permissions'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRoutes } from '../src/app'
import { inTenantSql } from '../src/platform/tenancy'
import { readAnswer } from './answer'
import { createTestClock } from './clock'
import { createExampleIds, type ExampleIds, fillIds, listIds, newAbsent } from './examples'
import { factories } from './factories'
import { createHarness, type Harness } from './harness'
import { createRefusedTokens } from './refused-tokens'

const clock = createTestClock()
let harness: Harness
const guarded: Endpoint[] = []
const keysInTurn: { role: Role; scopes: Scope[] }[] = [
  { role: 'owner', scopes: ['read'] },
  { role: 'owner', scopes: ['write'] },
  { role: 'owner', scopes: ['admin'] },
  { role: 'owner', scopes: ['lease'] },
  { role: 'owner', scopes: ['ingest'] },
  { role: 'owner', scopes: ['read', 'lease', 'ingest'] },
  { role: 'manager', scopes: ['read'] },
  { role: 'manager', scopes: ['write'] },
]

beforeAll(async () => {
  harness = await createHarness({}, clock)
  guarded.push(
    ...createRoutes(harness.deps)
      .map((route) => route.endpoint)
      .filter((endpoint) => endpoint.tenant === 'organization'),
  )
})
afterAll(() => harness.close())

describe('every route of the registry', () => {
  it('is looked at', () => expect(guarded.length).toBeGreaterThan(0))

  it('refuses whoever shows no good credential, before it looks at anything else', async () => {
    const refused = await createRefusedTokens(harness)
    expect(refused.size + rolesInTurn.length + keysInTurn.length).toBeGreaterThanOrEqual(20)
    // Each from an address of its own: refusals are rate limited by address.
    for (const [index, [name, token]] of [...refused].entries()) {
      for (const endpoint of guarded) {
        const response = await call(endpoint, await absentIds(endpoint), { token, address: `198.51.100.${index}` })
        expect(response.status, `${endpoint.id} with ${name}`).toBe(401)
        expect(response.headers.get('www-authenticate')).toBe('Bearer realm="keylease"')
      }
    }
  })

  it('refuses a good key that comes from an address outside its list', async () => {
    const { key } = await harness.issueKey({ scopes: ['admin'], addresses: ['203.0.113.0/24'] })
    for (const endpoint of guarded) {
      const response = await call(endpoint, await absentIds(endpoint), { token: key, address: '198.51.100.7' })
      expect([response.status, (await errorOf(response)).code], endpoint.id).toEqual([403, 'address_refused'])
    }
  })

  it.each(keysInTurn)('lets a key with scope $scopes made by a role of $role do exactly what both may', async ({ role, scopes }) => {
    const agentId = scopes.includes('lease') ? ((await factories.agent?.(harness, harness.token)) ?? null) : null
    const { key } = await harness.issueKey({ role, scopes: [...scopes], agentId })
    const held = permissionsOfRole(role).intersection(permissionsOfScopes(scopes))
    for (const endpoint of guarded) {
      const response = await call(endpoint, await absentIds(endpoint), { token: key })
      const may = endpoint.authentication !== 'person' && endpoint.permission !== 'none' && held.has(endpoint.permission)
      const isForbidden = response.status === 403 && (await errorOf(response)).code === 'forbidden'
      expect(isForbidden, `${endpoint.id} ${response.status}`).toBe(!may)
    }
  })

  it('lets no key and no token, not even the bootstrap one, do what is for people alone', async () => {
    const { key } = await harness.issueKey({ scopes: ['admin'] })
    for (const endpoint of guarded.filter((one) => one.authentication === 'person')) {
      for (const token of [key, harness.token]) {
        expect((await call(endpoint, await absentIds(endpoint), { token })).status, endpoint.id).toBe(403)
      }
    }
  })

  it('lets in exactly the roles of the permission table', async () => {
    for (const role of rolesInTurn) {
      const token = harness.createCredential({ organizationId: harness.organizationId, role })
      for (const endpoint of forKeys()) {
        const response = await call(endpoint, await ownIds(endpoint), { token })
        expect(response.status === 403, `${role} at ${endpoint.id}`).toBe(!mayCall(role, endpoint))
      }
    }
  })

  it('answers a foreign id as an absent one, to the byte', async () => {
    const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    for (const endpoint of forKeys().filter((one) => one.request.params)) {
      const foreign = await call(endpoint, await ownIds(endpoint), { token })
      const absent = await call(endpoint, await absentIds(endpoint), { token })
      const malformed = await call(endpoint, new Map([...(await absentIds(endpoint)).keys()].map((name) => [name, "1'--"])), { token })
      expect(foreign.status, endpoint.id).toBe(404)
      expect(await bodyOf(absent)).toEqual(await bodyOf(foreign))
      expect(malformed.status).toBe(404)
    }
  })

  it('has an example that works, and leaves exactly the audit entry that it declares', async () => {
    for (const endpoint of forKeys()) {
      const response = await call(endpoint, await ownIds(endpoint))
      expect(response.status, `${endpoint.id} ${await readAnswer(response)}`).toBe(endpoint.response.status)
      const entries = await auditActions(response.headers.get('x-request-id') ?? '')
      expect(entries, endpoint.id).toEqual(endpoint.audit === 'none' ? [] : [endpoint.audit])
    }
  })

  it('has one effect however often it is repeated under one key, in turn and at once', async () => {
    for (const endpoint of forKeys().filter((one) => one.method !== 'GET' && !one.selfIdempotent)) {
      const ids = await ownIds(endpoint)
      const headers = { 'idempotency-key': newId('request') }
      const before = await countEntries(endpoint.audit)
      const answers = await Promise.all([1, 2, 3].map(() => call(endpoint, ids, { headers })))
      answers.push(await call(endpoint, ids, { headers }))
      const bodies = await Promise.all(answers.map((answer) => answer.text()))
      expect(new Set(answers.map((answer) => answer.status)), `${endpoint.id} ${bodies[0]}`).toEqual(new Set([endpoint.response.status]))
      expect(new Set(bodies).size).toBe(1)
      expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(3)
      expect((await countEntries(endpoint.audit)) - before, endpoint.id).toBe(1)
    }
  })

  it('refuses another request under a key that was used', async () => {
    for (const endpoint of forKeys().filter((one) => one.method !== 'GET' && one.request.params && !one.selfIdempotent)) {
      const headers = { 'idempotency-key': newId('request') }
      await call(endpoint, await ownIds(endpoint), { headers })
      expect((await call(endpoint, await ownIds(endpoint), { headers })).status, endpoint.id).toBe(422)
    }
  })
})

/** What is for people alone asks for a signed-in person, what agents call for an agent: the tests of each call those routes. */
const forKeys = () => guarded.filter(({ authentication }) => authentication !== 'person' && authentication !== 'agent')

function call(endpoint: Endpoint, ids: ExampleIds, options: Parameters<Harness['request']>[2] = {}): Promise<Response> {
  const { params, query, body } = endpoint.example
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(ids.get(params?.[name] ?? '') ?? params?.[name] ?? ''),
  )
  const search = fillIds(new URLSearchParams(query).toString(), ids)
  const sent = body === undefined ? {} : { body: JSON.parse(fillIds(JSON.stringify(body), ids)) as unknown }
  return harness.request(endpoint.method, search ? `${path}?${search}` : path, { ...sent, ...options })
}

/** The clock moves on meanwhile: one caller makes them all, and may only write so many a minute. */
function ownIds(endpoint: Endpoint): Promise<ExampleIds> {
  clock.advance(1_000)
  return createExampleIds(harness, endpoint)
}

const absentIds = async (endpoint: Endpoint): Promise<ExampleIds> =>
  new Map(listIds(endpoint.example.params ?? {}).map(({ example, kind }) => [example, newAbsent(kind)]))

const mayCall = (role: Role, endpoint: Endpoint) =>
  endpoint.permission !== 'none' && (permissionTable[endpoint.permission].roles as readonly Role[]).includes(role)

async function errorOf(response: Response): Promise<{ code: string }> {
  const { error } = (await response.json()) as { error: { code: string } }
  return error
}

async function bodyOf(response: Response): Promise<unknown> {
  const body = (await response.json()) as { error: { requestId?: string } }
  return { ...body, error: { ...body.error, requestId: 'any' } }
}

async function auditActions(requestId: string): Promise<string[]> {
  const rows = await queryEntries('SELECT action FROM audit_entry WHERE request_id = $1', requestId)
  return rows.map((row) => row.action)
}

async function countEntries(action: string): Promise<number> {
  return (await queryEntries('SELECT action FROM audit_entry WHERE action = $1', action)).length
}

function queryEntries(sql: string, value: string): Promise<{ action: string }[]> {
  const { systemPool } = harness.deps.db
  return inTenantSql(systemPool, harness.organizationId, async (client) => (await client.query<{ action: string }>(sql, [value])).rows)
}
