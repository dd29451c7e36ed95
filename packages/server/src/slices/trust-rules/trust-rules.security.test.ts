import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { call, openRoom } from '../../../test/room'

let harness: Harness
let own: Awaited<ReturnType<typeof openRoom>>
let other: Awaited<ReturnType<typeof openRoom>>
const github = 'https://token.actions.githubusercontent.com'
const subjectPattern = 'repo:acme/checkout:ref:refs/heads/*'

beforeAll(async () => {
  harness = await createHarness()
  own = await openRoom(harness)
  other = await openRoom(harness)
})
afterAll(() => harness.close())

const as = (token: string | undefined, method: string, path: string, body?: unknown) =>
  call<{ id: string }>(harness, token, method, `/api/v1/trust-rules${path}`, body)
const create = (body: object, token?: string) =>
  as(token, 'POST', '', { agentId: own.agentId, name: 'ci', issuer: github, subjectPattern, ...body })

test.each([
  'http://idp.example.com',
  'https://127.0.0.1',
  'https://metadata.google.internal',
  'https://169.254.169.254',
  'https://localhost:8443',
  'https://idp.example.com?x=1',
  'idp.example.com',
])('the issuer %s is refused, new or later', async (issuer) => {
  expect(await create({ issuer })).toMatchObject({ status: 400, body: { error: { code: 'url_not_allowed' } } })
  const { id } = (await create({})).body
  expect((await as(undefined, 'PATCH', `/${id}`, { issuer })).status).toBe(400)
})

test('a rule that nearly anybody fits is refused with the reason, new or by a later change of either half', async () => {
  for (const pattern of ['*', '**', 'repo:acme/*:**', 'repo:**']) {
    const refused = await create({ subjectPattern: pattern })
    expect([refused.status, refused.body.error?.message]).toEqual([
      400,
      expect.stringMatching(/^The request is not valid: subjectPattern is too broad/),
    ])
  }
  const { id } = (await create({ issuer: 'https://idp.example.com', subjectPattern: 'job:*' })).body
  expect((await as(undefined, 'PATCH', `/${id}`, { issuer: github })).status).toBe(400)
  expect((await as(undefined, 'PATCH', `/${id}`, { subjectPattern: '**' })).status).toBe(400)
  expect((await as(undefined, 'PATCH', `/${id}`, { subjectPattern: 'job:build' })).status).toBe(200)
})

test('claims that the service decides about are refused', async () => {
  for (const claims of [{ aud: 'x' }, { sub: 'x' }, { iss: 'x' }, { exp: 1 }, { 'a b': 'x' }, { team: ['x'] }]) {
    expect((await create({ claims })).status).toBe(400)
  }
})

test('a test says whether claims fit and why not, and keeps no claim', async () => {
  const { id } = (await create({ claims: { repository_id: '7' } })).body
  const check = async (claims: object) => (await as(undefined, 'POST', `/${id}/test`, { claims })).body
  const claims = { iss: github, sub: 'repo:acme/checkout:ref:refs/heads/main', repository_id: '7', email: 'ada@example.com' }
  expect(await check(claims)).toEqual({ matches: true, why: 'Issuer, subject and claims fit.' })
  expect(await check({ ...claims, sub: 'repo:acme/other:ref:refs/heads/main' })).toMatchObject({ matches: false })
  await as(undefined, 'PATCH', `/${id}`, { enabled: false })
  expect(await check(claims)).toEqual({ matches: false, why: 'The rule is disabled. Enable it first.' })
  const trail = await harness.request('GET', `/api/v1/audit?kind=audit&resourceId=${id}&limit=200`)
  expect(await trail.text()).not.toContain('ada@example.com')
})

test('a Manager trusts for the agents of their teams, and neither sees nor tests other rules', async () => {
  expect((await create({}, own.manager)).status).toBe(201)
  const foreign = await create({ agentId: other.agentId }, own.manager)
  expect([foreign.status, foreign.body.error?.message]).toEqual([404, expect.stringMatching(/^agentId /)])
  const { id } = (await create({ agentId: other.agentId })).body
  for (const [method, path, body] of [
    ['GET', `/${id}`, undefined],
    ['PATCH', `/${id}`, { enabled: false }],
    ['POST', `/${id}/test`, { claims: {} }],
    ['DELETE', `/${id}`, undefined],
  ] as const) {
    expect((await as(own.manager, method, path, body)).status, method).toBe(404)
  }
  expect((await as(own.manager, 'GET', `?agentId=${other.agentId}`)).body).toMatchObject({ items: [], total: 0 })
})
