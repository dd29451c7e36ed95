import type { AttributionRule, AttributionRulePage } from '@keylease/shared/contracts/attribution-rules'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { inTenantSql } from '../../platform/tenancy'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const path = '/api/v1/attribution-rules'
const rule = { name: 'All', attribute: 'service.name', pattern: '*', assign: { from: 'value', as: 'agent' } }

async function createTenant(): Promise<{ organizationId: string; token: string }> {
  const organizationId = await harness.createTenant()
  return { organizationId, token: harness.createCredential({ organizationId, role: 'owner' }) }
}

const add = async (token: string, body: object) =>
  (await (await harness.request('POST', path, { token, body: { ...rule, ...body } })).json()) as AttributionRule

test('rules are listed in the order in which they are tried, page by page', async () => {
  const { token } = await createTenant()
  const [late, first, early] = [await add(token, { position: 30 }), await add(token, { position: 10 }), await add(token, { position: 20 })]
  const alike = await add(token, { position: 20, attribute: 'team' })
  const found: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response = await harness.request('GET', `${path}?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`, { token })
    const page = (await response.json()) as AttributionRulePage
    expect(page.total).toBe(4)
    found.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  }
  expect(found).toEqual([first.id, early.id, alike.id, late.id])
  const some = (await (await harness.request('GET', `${path}?attribute=team`, { token })).json()) as AttributionRulePage
  expect(some.items.map(({ id }) => id)).toEqual([alike.id])
})

test.each([
  { attribute: 'with space' },
  { attribute: '' },
  { pattern: '' },
  { position: -1 },
  { assign: {} },
  { assign: { from: 'value', as: 'organization' } },
  { assign: { teamId: 'team_01jd2f8m3n6q9rkvwxyz012345', projectId: 'prj_01jd2f8m3n6q9rkvwxyz012345' } },
])('%j is no rule', async (body) => {
  const response = await harness.request('POST', path, { body: { ...rule, ...body } })
  expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([400, 'invalid_request'])
})

test('a change of what a rule assigns takes the place of what it assigned before', async () => {
  const { token } = await createTenant()
  const project = (await (await harness.request('POST', '/api/v1/projects', { token, body: { name: 'one' } })).json()) as { id: string }
  const { id } = await add(token, { assign: { projectId: project.id } })
  const change = async (body: object) =>
    (await (await harness.request('PATCH', `${path}/${id}`, { token, body })).json()) as Partial<AttributionRule>
  expect((await change({ assign: { from: 'value', as: 'team' } })).assign).toEqual({ from: 'value', as: 'team' })
  expect((await change({ name: 'Named' })).assign).toEqual({ from: 'value', as: 'team' })
  expect((await change({ assign: { projectId: project.id } })).assign).toEqual({ projectId: project.id })
})

test('there are never more than two hundred, however many are made at once', async () => {
  const { organizationId, token } = await createTenant()
  const id = `'attr_0' || lpad(n::text, 25, '0')`
  await inTenantSql(harness.deps.db.appPool, organizationId, (client) =>
    client.query(
      `INSERT INTO attribution_rule (organization_id, id, name, position, attribute, pattern, value_names, created_by)
       SELECT $1, ${id}, 'n', 1, 'a', '*', 'agent', 'test' FROM generate_series(1, 198) n`,
      [organizationId],
    ),
  )
  const answers = await Promise.all([1, 2, 3, 4].map(() => harness.request('POST', path, { token, body: rule })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409])
})
