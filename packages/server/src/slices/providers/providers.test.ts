import type { Provider, ProviderPage } from '@keylease/shared/contracts/provider-bodies'
import { errorClasses } from '@keylease/shared/providers/errors'
import { catalogue, findCatalogueProvider } from '@keylease/shared/providers/index'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSecret } from '../../../test/factories'
import { createFakeProvider, type FakeProvider } from '../../../test/fake-provider'
import { createHarness, type Harness } from '../../../test/harness'
import { callKeys, storeKey } from '../../../test/provider-keys'
import { listRequestFees } from './service'

let harness: Harness
let upstream: FakeProvider

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' })
  upstream = await createFakeProvider()
})
afterAll(async () => {
  await harness.close()
  await upstream.close()
})

async function call<T = Provider>(method: string, path: string, body?: object) {
  const response = await harness.request(method, `/api/v1/providers${path}`, body ? { body } : {})
  const text = await response.text()
  return { status: response.status, body: (text ? JSON.parse(text) : {}) as T & { error?: { code: string } } }
}

test('the catalogue and what the organization defined are one list, by id, page by page', async () => {
  for (const name of ['Zeta', 'Beta News']) await call('POST', '', { name, baseUrl: 'https://api.example.com', category: 'search' })
  const all = await call<ProviderPage>('GET', '?limit=200')
  const ids = [...catalogue.map((provider) => provider.id), 'beta-news', 'zeta'].sort()
  expect(all.body.items.map((item) => item.id)).toEqual(ids)
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const page = (await call<ProviderPage>('GET', `?limit=5${cursor && `&cursor=${cursor}`}`)).body
    seen.push(...page.items.map((item) => item.id))
    if (!page.nextCursor) break
    cursor = page.nextCursor
  }
  expect(seen).toEqual(all.body.items.map((item) => item.id))
  const models = (await call<ProviderPage>('GET', '?category=llm&limit=200')).body
  expect(models.items.map((item) => item.id)).toEqual(ids.filter((id) => findCatalogueProvider(id)?.category === 'llm'))
  expect(models.total).toBe(models.items.length)
  expect((await call<ProviderPage>('GET', '?search=beta-news')).body.items).toHaveLength(1)
  expect((await call('GET', '?cursor=abc')).body.error?.code).toBe('invalid_cursor')
})

test('an id is kebab-case, the first free one of a name, and never one of the catalogue', async () => {
  const define = (fields: object) => call('POST', '', { name: 'Acme!', baseUrl: 'https://api.example.com', ...fields })
  expect([(await define({})).body.id, (await define({})).body.id]).toEqual(['acme', 'acme-2'])
  expect((await define({ name: 'OpenAI' })).body.id).toBe('openai-2')
  expect((await define({ name: '日本' })).body.id).toBe('api')
  expect((await define({ id: 'openai' })).body.error?.code).toBe('provider_exists')
  expect((await define({ id: 'acme' })).body.error?.code).toBe('provider_exists')
  for (const id of ['Acme', 'a_b', '-a', 'a--b', '1a']) expect((await define({ id })).status).toBe(400)
  for (const baseUrl of ['https://localhost:5432', 'http://169.254.169.254', 'ftp://example.com', 'https://example.com?x=1']) {
    expect((await define({ baseUrl })).status, baseUrl).toBe(400)
  }
  for (const path of ['//evil.example.com', '@evil.example.com/', 'x', '/a b', '/a#b']) {
    expect((await define({ probe: { path } })).status, path).toBe(400)
  }
  for (const name of ['host', 'Content-Length', 'a b', 'x\r\ny'])
    expect((await define({ auth: { kind: 'header', name } })).status).toBe(400)
})

test.each([
  [{ kind: 'bearer' }, (key: string) => ({ headers: { authorization: `Bearer ${key}` } })],
  [{ kind: 'header', name: 'X-Token', prefix: 'Token ' }, (key: string) => ({ headers: { 'x-token': `Token ${key}` } })],
  [{ kind: 'query', name: 'apikey' }, (key: string) => ({ url: `/v1/account?plan=free&apikey=${key}` })],
])('a defined provider is probed as it is defined: %j', async (auth, expected) => {
  const probe = { path: '/account?plan=free', rejectedStatuses: [403] }
  const { body } = await call('POST', '', { name: 'Defined', baseUrl: upstream.baseUrl, auth, probe, keyPrefix: 'acme_' })
  const { id, key } = await storeKey(harness, { provider: body.id })
  expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({ valid: true, verdict: 'valid' })
  expect(upstream.heard.at(-1)).toMatchObject(expected(key))
  if (auth.kind !== 'bearer') return
  upstream.answer(key, (_, response) => response.writeHead(403).end())
  expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({ valid: false })
  upstream.answer(key, (_, response) => response.writeHead(401).end())
  expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({ valid: null, verdict: 'unknown', reason: 'forbidden' })
})

test('a stored key stays bound to its base URL when its provider moves', async () => {
  const elsewhere = await createFakeProvider()
  const { body } = await call('POST', '', { name: 'Moving', baseUrl: upstream.baseUrl, probe: { path: '/me' } })
  const { id } = await storeKey(harness, { provider: body.id })
  expect((await call('PATCH', `/${body.id}`, { baseUrl: elsewhere.baseUrl })).body).toMatchObject({ baseUrl: elsewhere.baseUrl })
  await callKeys(harness, 'POST', `/${id}/verify`)
  expect([upstream.heard.at(-1)?.url, elsewhere.heard.length]).toEqual(['/v1/me', 0])
  const { id: later } = await storeKey(harness, { provider: body.id })
  await callKeys(harness, 'POST', `/${later}/verify`)
  expect(elsewhere.heard).toHaveLength(1)
  await elsewhere.close()
})

test('a provider is not deleted under its keys, and the catalogue not at all', async () => {
  const { body } = await call('POST', '', { name: 'Going', baseUrl: upstream.baseUrl })
  const { id } = await storeKey(harness, { provider: body.id, key: newSecret() })
  expect((await call('DELETE', `/${body.id}`)).body.error?.code).toBe('provider_in_use')
  await callKeys(harness, 'DELETE', `/${id}`)
  expect((await call('DELETE', `/${body.id}`)).body.error?.code).toBe('provider_in_use')
  for (const method of ['DELETE', 'PATCH']) {
    expect((await call(method, '/openai', method === 'PATCH' ? { name: 'Ours' } : undefined)).body.error?.code).toBe('forbidden')
  }
  expect((await call('GET', '/absent')).status).toBe(404)
  const { body: unused } = await call('POST', '', { name: 'Unused', baseUrl: upstream.baseUrl })
  expect((await call('DELETE', `/${unused.id}`)).status).toBe(204)
})

test('the catalogue answers every fact of a provider that is data', async () => {
  const { body } = await call('GET', '/openai')
  expect(body).toMatchObject({ definedBy: 'catalogue', wire: null, auth: { kind: 'bearer' }, feeNanos: null, status: 'unknown' })
  expect(body.operations).toContainEqual({ kind: 'chat', method: 'POST', path: '/chat/completions' })
  expect(body.errors.map((error) => error.class)).toEqual([...errorClasses])
  expect(body.testCall).toEqual({ kind: 'chat', model: expect.any(String) })
  expect(body.mint).toMatchObject({ kind: 'token' })
  for (const { id, requiredFields, setup } of catalogue) {
    const answered = (await call('GET', `/${id}`)).body
    expect(answered).toMatchObject({ id, requiredFields, setup })
    expect(JSON.stringify(answered)).not.toMatch(/"(classifyError|help|read)"/)
  }
})

const definition = {
  wire: 'openai-chat',
  headers: { 'x-client': 'keylease' },
  apiVersion: { in: 'query', name: 'api-version', default: '2026-01-01' },
  requiredFields: ['deployment'],
  models: ['llama-4', 'qwen-4'],
  rateLimitHeaders: ['x-limit-'],
  errors: [{ class: 'no_quota', statuses: [451], words: [], cause: 'The plan is used up.' }],
  testModel: 'qwen-4',
  feeNanos: '1500000',
  setup: ['Name the deployment.'],
  supportUrl: 'https://example.com/help',
}

test('a defined provider has the same fields as one of the catalogue, and each can be changed alone', async () => {
  const { status, body } = await call('POST', '', {
    name: 'Everything Ltd',
    baseUrl: upstream.baseUrl,
    probe: { path: '/me' },
    ...definition,
  })
  expect(status).toBe(201)
  const { errors, testModel: _, ...plain } = definition
  expect(body).toMatchObject({ ...plain, monogram: 'EL', testCall: { kind: 'chat', model: 'qwen-4' }, definedBy: 'organization' })
  expect(body.errors.find((error) => error.class === 'no_quota')).toMatchObject({ ...errors[0], url: 'https://example.com/help' })
  expect(body.operations).toContainEqual({ kind: 'chat', method: 'POST', path: '/chat/completions' })
  expect((await call('PATCH', `/${body.id}`, { models: ['llama-5'] })).body).toEqual({ ...body, models: ['llama-5'] })
  expect((await call('PATCH', `/${body.id}`, { feeNanos: null })).body).toMatchObject({ feeNanos: null, models: ['llama-5'] })
  const { id, key } = await storeKey(harness, { provider: body.id, deployment: 'blue' })
  await callKeys(harness, 'POST', `/${id}/verify`)
  expect(upstream.heard.at(-1)).toMatchObject({ url: '/v1/me?api-version=2026-01-01', headers: { 'x-client': 'keylease' } })
  upstream.answer(key, (_, response) => response.writeHead(451).end())
  expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({
    verdict: 'no_quota',
    help: { cause: 'The plan is used up.' },
  })
})

test.each([
  [{ headers: { authorization: 'Bearer mine' } }, 'headers'],
  [{ headers: { 'x-a': 'two\r\nlines' } }, 'headers'],
  [{ apiVersion: { in: 'body', name: 'v', default: '1' } }, 'apiVersion'],
  [{ errors: [{ class: 'no_quota' }, { class: 'no_quota' }] }, 'errors'],
  [{ errors: [{ class: 'unreachable' }] }, 'errors'],
  [{ feeNanos: '1.5' }, 'feeNanos'],
  [{ feeNanos: '-1' }, 'feeNanos'],
  [{ requiredFields: ['key'] }, 'requiredFields'],
  [{ wire: 'smtp' }, 'wire'],
  [{ probe: { path: '/a/../../admin' } }, 'probe'],
  [{ probe: { path: '/%2e%2e/admin' } }, 'probe'],
  [{ supportUrl: 'javascript:alert(1)' }, 'supportUrl'],
])('a definition with %j is refused and the field is named', async (fields, field) => {
  const { status, body } = await call('POST', '', { name: 'Wrong', baseUrl: 'https://api.example.com', ...fields })
  expect(status).toBe(400)
  expect(JSON.stringify(body.error)).toContain(field)
})

test('what a request costs is known to those who price it', async () => {
  const { body } = await call('POST', '', { name: 'Metered', baseUrl: upstream.baseUrl, feeNanos: '9007199254740993' })
  expect((await listRequestFees(harness.deps.db.appPool, harness.organizationId)).get(body.id)).toBe(9_007_199_254_740_993n)
  expect(await listRequestFees(harness.deps.db.appPool, await harness.createTenant())).toEqual(new Map())
})
