import type { AuditCheckpointPage, AuditPage, ProvenAuditRecord } from '@keylease/shared/contracts/audit'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { checkpointAll } from '../../platform/audit/batcher'
import { createAuditSigner, isSignedCheckpoint } from '../../platform/audit/checkpoint'
import { hashOf } from '../../platform/audit/leaf'
import { followProof } from '../../platform/audit/merkle'

let harness: Harness
let tenant: string
let token: string

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())
beforeEach(async () => {
  tenant = await harness.createTenant()
  token = harness.createCredential({ organizationId: tenant, role: 'owner' })
})

const checkpoint = () => checkpointAll({ ...harness.deps, signer: createAuditSigner(harness.deps.keyring.current('audit')) })

async function get<T>(path: string): Promise<T> {
  const response = await harness.request('GET', path, { token })
  expect(response.status, path).toBe(200)
  return (await response.json()) as T
}

async function createProjects(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const response = await harness.request('POST', '/api/v1/projects', { token, body: { name: `project ${i}` } })
    ids.push(((await response.json()) as { id: string }).id)
  }
  return ids
}

it('the search pages through everything once, newest first', async () => {
  await createProjects(5)
  await harness.request('GET', '/api/v1/projects/prj_00000000000000000000000000', { token })
  await harness.deps.security.flush()
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: AuditPage = await get<AuditPage>(`/api/v1/audit?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    expect(page.total).toBe(6)
    seen.push(...page.items.map((item) => `${item.occurredAt} ${item.action}`))
    cursor = page.nextCursor
  } while (cursor)
  expect(seen).toHaveLength(6)
  expect(seen).toEqual(seen.toSorted().reverse())
  expect(seen.filter((one) => one.endsWith('absent_id'))).toHaveLength(1)
})

it('the search finds by time, actor, action, resource, text and kind', async () => {
  const [first = '', second = ''] = await createProjects(2)
  const all = await get<AuditPage>('/api/v1/audit')
  const [newest, oldest] = all.items
  for (const [query, ids] of [
    [`resourceId=${first}`, [first]],
    ['resourceKind=agent', []],
    ['action=project.created', [second, first]],
    ['action=project', []],
    [`actor=${newest?.actor?.id}`, [second, first]],
    ['actor=nobody', []],
    ['text=project%201', [second]],
    ['text=PROJECT', [second, first]],
    ['text=%25', []],
    [`text=${first.slice(4)}`, [first]],
    ['kind=security', []],
    [`to=${oldest?.occurredAt}`, []],
    [`from=${oldest?.occurredAt}`, [second, first]],
  ] as const) {
    const page = await get<AuditPage>(`/api/v1/audit?${query}`)
    expect(
      page.items.map((item) => item.resource?.id),
      query,
    ).toEqual(ids)
    expect(page.total, query).toBe(ids.length)
  }
  expect((await harness.request('GET', '/api/v1/audit?cursor=AAAA', { token })).status).toBe(400)
})

it('an entry has no proof at first, and then one that leads to a signed root', async () => {
  await createProjects(7)
  const id = (await get<AuditPage>('/api/v1/audit')).items[3]?.id ?? ''
  expect((await get<ProvenAuditRecord>(`/api/v1/audit/${id}`)).proof).toBeNull()
  await checkpoint()
  const { proof, occurredAt, address } = await get<ProvenAuditRecord>(`/api/v1/audit/${id}`)
  if (!proof) throw new Error('there is no proof')
  const path = proof.path.map((hash) => Buffer.from(hash, 'hex'))
  const leaf = hashOf(tenant, { entryId: id, occurredAt, digest: proof.digest })
  expect(followProof(leaf, proof.index, proof.checkpoint.size, path)?.toString('hex')).toBe(proof.checkpoint.root)
  expect(isSignedCheckpoint(proof.checkpoint, proof.checkpoint.publicKey)).toBe(true)
  expect(address).toBe('127.0.0.1')
})

it('the checkpoints are listed with their chain', async () => {
  for (let i = 0; i < 3; i++) {
    await createProjects(2)
    await checkpoint()
  }
  const first = await get<AuditCheckpointPage>('/api/v1/audit/checkpoints?limit=2')
  const second = await get<AuditCheckpointPage>(`/api/v1/audit/checkpoints?limit=2&cursor=${first.nextCursor}`)
  const all = [...first.items, ...second.items]
  expect(all.map((one) => [one.number, one.size])).toEqual([
    [3, 2],
    [2, 2],
    [1, 2],
  ])
  expect(all.map((one) => one.previousRoot)).toEqual([all[1]?.root, all[2]?.root, '0'.repeat(64)])
  expect([first.total, second.nextCursor]).toEqual([3, null])
})

it("another tenant's trail is not there", async () => {
  await createProjects(1)
  await checkpoint()
  const id = (await get<AuditPage>('/api/v1/audit')).items[0]?.id ?? ''
  const other = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
  const [list, checkpoints] = await Promise.all(
    ['/api/v1/audit', '/api/v1/audit/checkpoints'].map(async (path) => (await harness.request('GET', path, { token: other })).json()),
  )
  expect([list, checkpoints]).toEqual([
    { items: [], nextCursor: null, total: 0 },
    { items: [], nextCursor: null, total: 0 },
  ])
  expect((await harness.request('GET', `/api/v1/audit/${id}`, { token: other })).status).toBe(404)
  const file = await (await harness.request('GET', '/api/v1/audit/export', { token: other })).text()
  expect(file).not.toContain(tenant)
})

it('what names a person is gone once it was erased, and the entry is still proven', async () => {
  await createProjects(1)
  await checkpoint()
  const id = (await get<AuditPage>('/api/v1/audit')).items[0]?.id ?? ''
  await harness.deps.db.ownerPool.query('ALTER TABLE audit_personal NO FORCE ROW LEVEL SECURITY')
  await harness.deps.db.ownerPool.query('DELETE FROM audit_personal WHERE entry_id = $1', [id])
  const entry = await get<ProvenAuditRecord>(`/api/v1/audit/${id}`)
  expect([entry.address, entry.userAgent]).toEqual([null, null])
  expect(entry.proof?.index).toBe(0)
})

it('an operation whose entry cannot be written has no effect', async () => {
  const { ownerPool } = harness.deps.db
  await ownerPool.query('REVOKE INSERT ON audit_entry FROM keylease_app')
  try {
    const refused = await harness.request('POST', '/api/v1/projects', { token, body: { name: 'unseen' } })
    expect(refused.status).toBe(500)
    expect((await harness.request('GET', '/api/v1/audit/export', { token })).status).toBe(500)
  } finally {
    await ownerPool.query('GRANT INSERT ON audit_entry TO keylease_app')
  }
  expect((await get<{ total: number }>('/api/v1/projects')).total).toBe(0)
  await ownerPool.query('REVOKE INSERT ON audit_pending FROM keylease_app')
  try {
    expect((await harness.request('POST', '/api/v1/projects', { token, body: { name: 'unproven' } })).status).toBe(500)
  } finally {
    await ownerPool.query('GRANT INSERT ON audit_pending TO keylease_app')
  }
  expect((await get<{ total: number }>('/api/v1/projects')).total).toBe(0)
})
