import { newId } from '@keylease/shared/ids'
import type { PoolClient } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newSecret } from '../../../test/factories'
import { createHarness, type Harness } from '../../../test/harness'
import { callKeys, keysPath, storeKey } from '../../../test/provider-keys'
import { inTenantSql } from '../../platform/tenancy'
import { revealProviderKey } from './checking'

let harness: Harness
const team = newId('team')

beforeAll(async () => {
  harness = await createHarness()
  await inOrganization((client) =>
    client.query(`INSERT INTO team (organization_id, id, name) VALUES ($1, $2, 'Search')`, [harness.organizationId, team]),
  )
})
afterAll(() => harness.close())

const inOrganization = <T>(work: (client: PoolClient) => Promise<T>) =>
  inTenantSql(harness.deps.db.systemPool, harness.organizationId, work)
const as = (role: 'manager' | 'user' | 'viewer', reach: 'organization' | string[]) =>
  harness.createCredential({ organizationId: harness.organizationId, role, reach })
const grant = async (fields: object) => expect((await harness.request('POST', '/api/v1/grants', { body: fields })).status).toBe(201)
const status = async (token: string, method: string, path: string, body?: object) =>
  (await callKeys(harness, method, path, { token, ...(body ? { body } : {}) })).status

interface VersionRow {
  id: string
  key_id: string
  number: number
  sealed: Buffer
}
async function readVersion(keyId: string, number = 1): Promise<VersionRow> {
  const found = await inOrganization((client) =>
    client.query<VersionRow>('SELECT * FROM key_version WHERE key_id = $1 AND number = $2', [keyId, number]),
  )
  if (!found.rows[0]) throw new Error('the key has no version')
  return found.rows[0]
}

describe('what is stored', () => {
  test('opens as itself alone: moved to another version, number, purpose or organization it stays shut', async () => {
    const { cipher } = harness.deps
    const { id, key } = await storeKey(harness)
    const { id: other } = await storeKey(harness)
    const [row, foreign] = [await readVersion(id), await readVersion(other)]
    const context = { organizationId: harness.organizationId, recordId: row.id, version: row.number, purpose: 'provider-key' }
    expect((await cipher.open(context, row.sealed)).toString()).toBe(key)
    const tenant = await harness.createTenant()
    for (const wrong of [
      { recordId: foreign.id },
      { recordId: id },
      { version: 2 },
      { purpose: 'idempotency' },
      { organizationId: tenant },
    ]) {
      await expect(cipher.open({ ...context, ...wrong }, row.sealed)).rejects.toThrow()
    }
    await expect(cipher.open(context, foreign.sealed)).rejects.toThrow()
    expect(row.sealed.includes(key)).toBe(false)
  })

  test('is bound to the number of its version as well', async () => {
    const { id } = await storeKey(harness, { provider: 'custom', baseUrl: 'https://api.example.com' })
    const next = newSecret()
    expect((await callKeys(harness, 'PUT', `/${id}/rotate`, { body: { key: next } })).status).toBe(200)
    const row = await readVersion(id, 2)
    const context = { organizationId: harness.organizationId, recordId: row.id, purpose: 'provider-key' }
    expect((await harness.deps.cipher.open({ ...context, version: 2 }, row.sealed)).toString()).toBe(next)
    await expect(harness.deps.cipher.open({ ...context, version: 1 }, row.sealed)).rejects.toThrow()
  })

  test('of two organizations, the same secret has two fingerprints and is no duplicate', async () => {
    const key = newSecret()
    const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    await storeKey(harness, { key })
    expect(await status(token, 'POST', '', { provider: 'openai', name: 'prod', key })).toBe(201)
  })
})

describe('another organization', () => {
  test('finds a key absent at every door, and cannot name our teams', async () => {
    const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
    const { id } = await storeKey(harness)
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { name: 'taken' }],
      ['DELETE', '', undefined],
      ['POST', '/restore', undefined],
      ['GET', '/impact', undefined],
      ['PUT', '/rotate', { key: newSecret() }],
      ['POST', '/verify', undefined],
      ['GET', '/probes', undefined],
      ['POST', '/revoke', {}],
    ] as const) {
      expect(await status(token, method, `/${id}${path}`, body), `${method} ${path}`).toBe(404)
    }
    const named = await callKeys(harness, 'POST', '', {
      token,
      body: { provider: 'openai', name: 'x', key: newSecret(), ownerTeamId: team },
    })
    expect([named.status, named.body.error?.details]).toEqual([404, { field: 'ownerTeamId' }])
  })
})

describe('who works in teams', () => {
  test('sees the keys of the team and what is granted, and changes what the team owns or manages', async () => {
    const own = await storeKey(harness, { ownerTeamId: team })
    const leased = await storeKey(harness, { tags: ['leased'] })
    const managed = await storeKey(harness)
    const hidden = await storeKey(harness)
    await grant({ teamId: team, keyId: leased.id })
    await grant({ teamId: team, keyId: managed.id, level: 'manage' })
    const manager = as('manager', [team])
    const reading = await Promise.all([own, leased, managed, hidden].map(({ id }) => status(manager, 'GET', `/${id}`)))
    expect(reading).toEqual([200, 200, 200, 404])
    const writing = await Promise.all(
      [own, leased, managed, hidden].map(({ id }) => status(manager, 'PATCH', `/${id}`, { purpose: 'mine' })),
    )
    expect(writing).toEqual([200, 403, 200, 404])
    const listed = await callKeys<{ items: { id: string }[]; total: number }>(harness, 'GET', '?limit=200', { token: manager })
    expect(listed.body.items.map((item) => item.id).sort()).toEqual([own.id, leased.id, managed.id].sort())
    expect(listed.body.total).toBe(3)
    expect(await status(manager, 'POST', `/${leased.id}/revoke`, {})).toBe(403)
    expect(await status(as('user', [team]), 'GET', `/${leased.id}`)).toBe(200)
    expect(await status(as('user', [team]), 'GET', `/${hidden.id}`)).toBe(404)
    expect(await status(as('user', [team]), 'PATCH', `/${own.id}`, { name: 'x' })).toBe(403)
    expect(await status(as('viewer', 'organization'), 'GET', `/${hidden.id}`)).toBe(200)
  })

  test('stores keys for one of their teams, and hands none to a team that they are not in', async () => {
    const manager = as('manager', [team])
    const body = { provider: 'openai', name: 'prod', key: newSecret() }
    expect(await status(manager, 'POST', '', body)).toBe(400)
    expect(await status(manager, 'POST', '', { ...body, ownerTeamId: newId('team') })).toBe(404)
    const stored = await callKeys<{ id: string }>(harness, 'POST', '', { token: manager, body: { ...body, ownerTeamId: team } })
    expect(stored.status).toBe(201)
    expect(await status(manager, 'PATCH', `/${stored.body.id}`, { ownerTeamId: null })).toBe(400)
  })
})

test('a read-only key changes nothing, and an expired one reads nothing', async () => {
  const { id } = await storeKey(harness)
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const { id: expiredId, key: expired } = await harness.issueKey({ scopes: ['admin'], expiresAt: soon })
  await inOrganization((client) =>
    client.query(`UPDATE platform_key SET expires_at = now() - interval '1 second' WHERE id = $1`, [expiredId]),
  )
  expect(await status(expired, 'GET', `/${id}`)).toBe(401)
  const { key: reader } = await harness.issueKey({ scopes: ['read'] })
  expect(await status(reader, 'GET', `/${id}`)).toBe(200)
  for (const [method, path, body] of [
    ['POST', '', { provider: 'openai', name: 'x', key: newSecret() }],
    ['PATCH', `/${id}`, { name: 'x' }],
    ['PUT', `/${id}/rotate`, { key: newSecret() }],
    ['POST', `/${id}/verify`, undefined],
    ['POST', `/${id}/revoke`, {}],
    ['DELETE', `/${id}`, undefined],
  ] as const) {
    expect(await status(reader, method, path, body), `${method} ${path}`).toBe(403)
  }
})

describe('reveal', () => {
  test('is refused to every machine, the bootstrap token of an Owner included', async () => {
    const { id } = await storeKey(harness)
    const { key: admin } = await harness.issueKey({ scopes: ['admin'] })
    for (const token of [harness.token, admin]) expect(await status(token, 'POST', `/${id}/reveal`)).toBe(403)
  })

  test('shows the value, leaves an audit entry without it and notes a security event', async () => {
    const { id, key } = await storeKey(harness)
    const noted: unknown[] = []
    const deps = { ...harness.deps, security: { ...harness.deps.security, record: (event: unknown) => void noted.push(event) } }
    const request = { id: newId('request'), address: '127.0.0.1', userAgent: 'test' }
    const person = {
      kind: 'person',
      id: 'usr_1',
      name: 'Ada',
      organizationId: harness.organizationId,
      permissions: new Set(),
      request,
    } as const
    const revealed = await revealProviderKey(deps, { ...person, permissions: new Set(), reach: 'organization' }, id)
    expect(revealed).toMatchObject({ id, number: 1, key })
    expect(noted).toMatchObject([{ kind: 'secret_revealed', resource: { kind: 'provider-key', id } }])
    const entries = await inOrganization((client) =>
      client.query<{ row: string }>('SELECT to_jsonb(e)::text AS row FROM audit_entry e WHERE request_id = $1', [request.id]),
    )
    expect(entries.rows).toHaveLength(1)
    expect(entries.rows[0]?.row).toContain('provider-key.revealed')
    expect(entries.rows[0]?.row).not.toContain(key)
  })
})

test('a write whose audit entry cannot be written does not happen', async () => {
  const { id } = await storeKey(harness)
  await harness.deps.db.ownerPool.query(`ALTER TABLE audit_personal ADD CONSTRAINT shut CHECK (false) NOT VALID`)
  for (const [method, path, body] of [
    ['PATCH', `/${id}`, { name: 'changed' }],
    ['POST', `/${id}/revoke`, {}],
    ['DELETE', `/${id}`, undefined],
  ] as const) {
    expect(await status(harness.token, method, path, body)).toBe(500)
  }
  await harness.deps.db.ownerPool.query('ALTER TABLE audit_personal DROP CONSTRAINT shut')
  const response = await harness.request('GET', `${keysPath}/${id}`)
  expect(await response.json()).toMatchObject({ name: 'prod', status: 'active', deletedAt: null })
})
