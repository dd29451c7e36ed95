import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { permissionTable, type Role } from '@keylease/shared/contracts/permissions'
import { type IdKind, idPrefixes, newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRoutes } from '../src/app'
import { inTenantSql } from '../src/platform/tenancy'
import { factories } from './factories'
import { createHarness, type Harness } from './harness'

let harness: Harness
const guarded: Endpoint[] = []

beforeAll(async () => {
  harness = await createHarness()
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
    for (const endpoint of guarded) {
      for (const token of [null, 'x', 'not-a-credential-at-all-0123456789', `${harness.token}x`, harness.token.slice(1)]) {
        const response = await call(endpoint, await ownIds(endpoint), { token })
        expect(response.status, `${endpoint.id} with ${token}`).toBe(401)
        expect(response.headers.get('www-authenticate')).toBe('Bearer realm="keylease"')
      }
    }
  })

  it('refuses a credential of another scope', async () => {
    const { organizationId } = harness
    const lease = harness.createCredential({ organizationId, scopes: ['lease'] })
    const read = harness.createCredential({ organizationId, scopes: ['read'] })
    for (const endpoint of guarded) {
      expect((await call(endpoint, await ownIds(endpoint), { token: lease })).status, endpoint.id).toBe(403)
      if (endpoint.method !== 'GET') expect((await call(endpoint, await ownIds(endpoint), { token: read })).status, endpoint.id).toBe(403)
    }
  })

  it('lets in exactly the roles of the permission table', async () => {
    for (const role of ['owner', 'admin', 'manager', 'user', 'viewer'] as const) {
      const token = harness.createCredential({ organizationId: harness.organizationId, role })
      for (const endpoint of guarded) {
        const response = await call(endpoint, await ownIds(endpoint), { token })
        expect(response.status === 403, `${role} at ${endpoint.id}`).toBe(!mayCall(role, endpoint))
      }
    }
  })

  it('answers a foreign id as an absent one, to the byte', async () => {
    const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    for (const endpoint of guarded.filter((one) => one.request.params)) {
      const foreign = await call(endpoint, await ownIds(endpoint), { token })
      const absent = await call(endpoint, await absentIds(endpoint), { token })
      const malformed = await call(endpoint, new Map([...(await absentIds(endpoint)).keys()].map((name) => [name, "1'--"])), { token })
      expect(foreign.status, endpoint.id).toBe(404)
      expect(await bodyOf(absent)).toEqual(await bodyOf(foreign))
      expect(malformed.status).toBe(404)
    }
  })

  it('has an example that works, and leaves exactly the audit entry that it declares', async () => {
    for (const endpoint of guarded) {
      const response = await call(endpoint, await ownIds(endpoint))
      expect(response.status, `${endpoint.id} ${await response.clone().text()}`).toBe(endpoint.response.status)
      const entries = await auditActions(response.headers.get('x-request-id') ?? '')
      expect(entries, endpoint.id).toEqual(endpoint.audit === 'none' ? [] : [endpoint.audit])
    }
  })

  it('has one effect however often it is repeated under one key, in turn and at once', async () => {
    for (const endpoint of guarded.filter((one) => one.method !== 'GET')) {
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
    for (const endpoint of guarded.filter((one) => one.method !== 'GET' && one.request.params)) {
      const headers = { 'idempotency-key': newId('request') }
      await call(endpoint, await ownIds(endpoint), { headers })
      expect((await call(endpoint, await ownIds(endpoint), { headers })).status, endpoint.id).toBe(422)
    }
  })
})

type Ids = Map<string, string>

function call(endpoint: Endpoint, ids: Ids, options: Parameters<Harness['request']>[2] = {}): Promise<Response> {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids.get(name) ?? ''))
  const query = new URLSearchParams(endpoint.example.query).toString()
  const body = endpoint.example.body === undefined ? {} : { body: endpoint.example.body }
  return harness.request(endpoint.method, query ? `${path}?${query}` : path, { ...body, ...options })
}

async function ownIds(endpoint: Endpoint): Promise<Ids> {
  const ids: Ids = new Map()
  for (const [name, kind] of idsOf(endpoint)) {
    const make = factories[kind]
    if (!make) throw new Error(`test/factories.ts has no line for ${kind}, which ${endpoint.path} names`)
    ids.set(name, await make(harness, harness.token))
  }
  return ids
}

const absentIds = async (endpoint: Endpoint): Promise<Ids> => new Map(idsOf(endpoint).map(([name, kind]) => [name, newId(kind)]))

function idsOf(endpoint: Endpoint): [string, IdKind][] {
  const kinds = Object.keys(idPrefixes) as IdKind[]
  return Object.entries(endpoint.example.params ?? {}).map(([name, id]) => {
    const kind = kinds.find((one) => id.startsWith(`${idPrefixes[one]}_`))
    if (!kind) throw new Error(`${endpoint.path} has an example id of no known kind: ${id}`)
    return [name, kind]
  })
}

const mayCall = (role: Role, endpoint: Endpoint) =>
  endpoint.permission !== 'none' && (permissionTable[endpoint.permission].roles as readonly Role[]).includes(role)

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
