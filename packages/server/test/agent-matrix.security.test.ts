import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { endpoints } from '@keylease/shared/contracts/registry'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inTenantSql } from '../src/platform/tenancy'
import { createTestClock } from './clock'
import { createExampleIds, type ExampleIds, fillIds, listIds, newAbsent } from './examples'
import { createHarness, type Harness } from './harness'
import { createHolder, type LeaseHolder, takeLease } from './lease-holder'

const clock = createTestClock()
const routes: readonly Endpoint[] = endpoints.filter((endpoint) => endpoint.authentication === 'agent')
const named = routes.filter((endpoint) => endpoint.request.params)
let harness: Harness
let holder: LeaseHolder

beforeAll(async () => {
  harness = await createHarness({}, clock)
  holder = await createHolder(harness)
})
afterAll(() => harness.close())

describe('every route for agents', () => {
  it('is looked at', () => expect(named.length).toBeGreaterThan(2))

  it('refuses whoever acts for no agent, in one clear sentence', async () => {
    const { key } = await harness.issueKey({ scopes: ['read', 'write', 'admin'] })
    for (const endpoint of routes) {
      for (const [token, code] of [
        [harness.token, 'agent_required'],
        [key, 'forbidden'],
      ] as const) {
        expect((await errorOf(await call(endpoint, await absentIds(endpoint), token))).code, endpoint.id).toBe(code)
      }
    }
  })

  it('has an example that works, and leaves exactly the audit entry that it declares', async () => {
    for (const endpoint of routes) {
      const response = await call(endpoint, await ownIds(endpoint), holder.token)
      expect(response.status, endpoint.id).toBe(endpoint.response.status)
      const entries = await auditActions(response.headers.get('x-request-id') ?? '')
      expect(entries, endpoint.id).toEqual(endpoint.audit === 'none' ? [] : [endpoint.audit])
      await response.body?.cancel()
    }
  })

  it('answers the lease of another agent or tenant as an absent one, to the byte', async () => {
    const sibling = await createHolder(harness)
    const tenant = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    const stranger = await createHolder(harness, { token: tenant })
    for (const endpoint of named) {
      const absent = await bodyOf(await call(endpoint, await absentIds(endpoint), holder.token))
      for (const { token } of [sibling, stranger]) {
        const foreign = await call(endpoint, await ownIds(endpoint), token)
        expect(foreign.status, endpoint.id).toBe(404)
        expect(await bodyOf(foreign)).toEqual(absent)
      }
    }
  })

  it('refuses a key that was revoked, or whose agent was disabled', async () => {
    for (const stop of [
      ({ platformKeyId }: LeaseHolder) => harness.request('DELETE', `/api/v1/platform/api-keys/${platformKeyId}`),
      ({ agentId }: LeaseHolder) => harness.request('PATCH', `/api/v1/agents/${agentId}`, { body: { enabled: false } }),
    ]) {
      const own = await createHolder(harness)
      await stop(own)
      for (const endpoint of routes) {
        await expect.poll(async () => (await call(endpoint, await absentIds(endpoint), own.token)).status, { timeout: 2_000 }).toBe(401)
      }
    }
  })

  it('has one audited effect however often it is repeated under one key, in turn and at once', async () => {
    for (const endpoint of routes.filter((one) => one.method !== 'GET' && one.audit !== 'none')) {
      const ids = await ownIds(endpoint)
      const headers = { 'idempotency-key': newId('request') }
      const before = await countEntries(endpoint.audit)
      const answers = await Promise.all([1, 2, 3].map(() => call(endpoint, ids, holder.token, headers)))
      answers.push(await call(endpoint, ids, holder.token, headers))
      expect(new Set(answers.map((answer) => answer.status)), endpoint.id).toEqual(new Set([endpoint.response.status]))
      const texts = await Promise.all(answers.map((answer) => answer.text()))
      expect(new Set(texts.map((text) => (text === '' ? '' : (JSON.parse(text) as { id: string }).id))).size).toBe(1)
      expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(3)
      expect((await countEntries(endpoint.audit)) - before, endpoint.id).toBe(1)
    }
  })
})

function call(endpoint: Endpoint, ids: ExampleIds, token: string, headers: Record<string, string> = {}): Promise<Response> {
  const { params, body } = endpoint.example
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => ids.get(params?.[name] ?? '') ?? '')
  const sent = body === undefined ? {} : { body: JSON.parse(fillIds(JSON.stringify(body), ids)) as unknown }
  return harness.request(endpoint.method, path, { ...sent, token, headers })
}

/** A lease of the holder in place of the example's. The clock moves on meanwhile: one caller makes them all. */
async function ownIds(endpoint: Endpoint): Promise<ExampleIds> {
  clock.advance(1_000)
  const ids = await createExampleIds(harness, endpoint)
  for (const { example, kind } of listIds(endpoint.example.params ?? {})) {
    if (kind === 'lease') ids.set(example, (await takeLease(harness, holder)).id)
  }
  return ids
}

const absentIds = async (endpoint: Endpoint): Promise<ExampleIds> =>
  new Map(listIds([endpoint.example.params, endpoint.example.body]).map(({ example, kind }) => [example, newAbsent(kind)]))

async function errorOf(response: Response): Promise<{ code: string }> {
  return ((await response.json()) as { error: { code: string } }).error
}

async function bodyOf(response: Response): Promise<unknown> {
  const body = (await response.json()) as { error: { requestId?: string } }
  return { ...body, error: { ...body.error, requestId: 'any' } }
}

const auditActions = async (requestId: string) =>
  (await queryEntries('SELECT action FROM audit_entry WHERE request_id = $1', requestId)).map((row) => row.action)

const countEntries = async (action: string) => (await queryEntries('SELECT action FROM audit_entry WHERE action = $1', action)).length

function queryEntries(sql: string, value: string): Promise<{ action: string }[]> {
  const { systemPool } = harness.deps.db
  return inTenantSql(systemPool, harness.organizationId, async (client) => (await client.query<{ action: string }>(sql, [value])).rows)
}
