import type { ProviderKeyPage, StoredProviderKey } from '@keylease/shared/contracts/provider-key-bodies'
import { newId } from '@keylease/shared/ids'
import { catalogue } from '@keylease/shared/providers/index'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { factories, newSecret } from '../../../test/factories'
import { acts, createFakeProvider, type FakeProvider } from '../../../test/fake-provider'
import { createHarness, type Harness } from '../../../test/harness'
import { callKeys, readKey, readStates, storeKey } from '../../../test/provider-keys'
import { systemClock } from '../../platform/clock'
import { settleKeys } from './upkeep'

let harness: Harness
let provider: FakeProvider

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' })
  provider = await createFakeProvider()
})
afterAll(async () => {
  await harness.close()
  await provider.close()
})

const create = (body: object) => callKeys<StoredProviderKey>(harness, 'POST', '', { body })
const list = async (query: string) => (await callKeys<ProviderKeyPage>(harness, 'GET', `?${query}`)).body
const travel = (ms: number) => Object.assign(harness.deps, { clock: { ...systemClock, now: () => new Date(Date.now() + ms) } })

describe('storing a key', () => {
  test('takes the shortest body, asks nobody and answers masked', async () => {
    const key = newSecret()
    const heard = provider.heard.length
    const { status, body } = await create({ provider: 'openai', name: 'prod', key, baseUrl: provider.baseUrl, delivery: 'direct' })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      preview: `sk-proj-…${key.slice(-4)}`,
      status: 'active',
      category: 'llm',
      health: 'unknown',
      verification: null,
    })
    expect(body.baseUrl).toBe(provider.baseUrl)
    expect(provider.heard).toHaveLength(heard)
    expect(await readKey(harness, body.id)).toMatchObject({ versions: [{ number: 1, state: 'current', preview: body.preview }] })
  })

  test.each([
    ['accept', true, 'valid', 'accepted', 'healthy'],
    ['restrict', true, 'valid', 'restricted', 'healthy'],
    ['exhaust', true, 'no_quota', 'no_quota', 'no_quota'],
    ['reject', false, 'invalid', 'bad_key', 'rejected'],
    ['fail', null, 'degraded', 'provider_error', 'unknown'],
    ['garble', null, 'degraded', 'unexpected_answer', 'unknown'],
  ] as const)(
    'asked to verify, keeps what the provider says and stores the key all the same: "%s" is %s',
    async (act, valid, verdict, reason, health) => {
      const key = newSecret()
      provider.answer(key, acts[act])
      const { status, body } = await create({ provider: 'openai', name: 'prod', key, baseUrl: provider.baseUrl, verify: true })
      expect(status).toBe(201)
      expect(body).toMatchObject({ verification: { valid, verdict, reason }, health })
      expect((await callKeys(harness, 'GET', `/${body.id}/probes`)).body).toMatchObject({ items: [{ valid, verdict, reason }], total: 1 })
    },
  )

  test.each([
    '',
    '   ',
    'sk-xxx',
    'sk-proj-xxxxxxxxxxxxxxxxxxxxxxxx',
    'short',
    'sk-',
    'sk-aaaaaaaaaaaaaaaaaaaaaaaa',
    'your-api-key-here',
    '<OPENAI_API_KEY>',
    '{{OPENAI_API_KEY}}',
    'sk-…abcd',
    'sk-proj-...abcd',
    'sk-abcdefgh ijklmnop',
    'sk-abcdefghijklmnop\n',
    'sk-ключключключключ',
    'changeme',
  ])('refuses %j, and its sentence does not repeat it', async (key) => {
    const { status, body } = await create({ provider: 'openai', name: 'prod', key })
    expect([status, body.error?.code]).toEqual([400, 'invalid_request'])
    expect(body.error?.message).toMatch(/^The request is not valid: key [a-z ,0-9;]+\.$/)
  })

  test('warns of a value that does not look like one of the provider', async () => {
    const odd = await create({ provider: 'anthropic', name: 'odd', key: newSecret() })
    expect(odd.body.warnings).toEqual(['This does not look like a key of Anthropic. Verify it.'])
    const weak = await create({ provider: 'custom', name: 'weak', key: `abcd${Date.now()}`.slice(0, 14), baseUrl: provider.baseUrl })
    expect(weak.body.warnings).toEqual(['This key is short or repetitive enough to be guessed. Use a longer one.'])
    expect(weak.body.preview).toBe('…')
  })

  test('refuses a secret that is stored already and names the key that holds it, a deleted one too', async () => {
    const { id, key } = await storeKey(harness)
    for (const state of ['live', 'deleted']) {
      if (state === 'deleted') await callKeys(harness, 'DELETE', `/${id}`)
      const again = await create({ provider: 'anthropic', name: 'again', key })
      expect([again.status, again.body.error?.code, again.body.error?.details], state).toMatchObject([409, 'duplicate_key', { keyId: id }])
    }
  })

  test('stores a secret once however many store it at once', async () => {
    // The first round opens the connections that let the others meet.
    for (let round = 0; round < 4; round++) {
      const key = newSecret()
      const outcomes = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => create({ provider: 'openai', name: `twin ${n}`, key })))
      expect(outcomes.map((one) => one.status).sort()).toEqual([201, 409, 409, 409, 409, 409])
    }
  })

  test.each([
    [{ provider: 'nobody' }, 404, 'not_found', 'provider'],
    [{ provider: 'custom' }, 400, 'invalid_request', 'baseUrl'],
    [{ baseUrl: 'http://169.254.169.254/v1' }, 400, 'url_not_allowed', 'URL'],
    [{ baseUrl: 'http://127.0.0.1:5432/' }, 400, 'url_not_allowed', 'URL'],
    [{ baseUrl: 'https://user:pass@example.com' }, 400, 'url_not_allowed', 'URL'],
    [{ baseUrl: 'https://example.com/v1?x=1' }, 400, 'invalid_request', 'baseUrl'],
    [{ ownerTeamId: newId('team') }, 404, 'not_found', 'ownerTeamId'],
    [{ ownerMemberId: newId('member') }, 404, 'not_found', 'ownerMemberId'],
    [{ expiresAt: '2020-01-01T00:00:00.000Z' }, 400, 'invalid_request', 'expiresAt'],
    [{ delivery: 'minted' }, 400, 'invalid_request', 'delivery'],
  ])('refuses %j and says what was wrong', async (fields, status, code, word) => {
    const refused = await create({ provider: 'openai', name: 'prod', key: newSecret(), ...fields })
    expect([refused.status, refused.body.error?.code]).toEqual([status, code])
    expect(refused.body.error?.message).toContain(word)
  })
})

describe('what a provider asks of its keys', () => {
  test('is brought, or refused in one sentence that names the field and the step that explains it', async () => {
    const refused = await create({ provider: 'bedrock', name: 'prod', key: `ABSK${'a1B2c3D4e5'.repeat(8)}` })
    expect(refused.status).toBe(400)
    expect(refused.body.error?.message).toMatch(
      /^The request is not valid: region is required for AWS Bedrock; see step 4 of its setup: "[^"]*region[^"]*"\.$/,
    )
    expect(refused.body.error?.details).toMatchObject({ fields: [{ field: 'region' }], setupStep: 4 })
    for (const { id: provider, requiredFields } of catalogue) {
      const { status, body } = await create({ provider, name: 'prod', key: newSecret() })
      if (requiredFields.length === 0) expect(status, provider).toBe(201)
      else expect(body.error?.message, provider).toContain(`${requiredFields[0]} is required`)
    }
  })

  test('decides where the key may go, and can be changed but not taken away', async () => {
    const key = `ABSK${newSecret()
      .replace(/[^A-Za-z0-9]/g, 'x')
      .repeat(2)
      .slice(0, 90)}`
    const { body } = await create({ provider: 'bedrock', name: 'prod', key, region: 'eu-central-1' })
    expect(body.origins).toEqual([
      'https://bedrock-runtime.eu-central-1.amazonaws.com',
      'https://bedrock-runtime-fips.eu-central-1.amazonaws.com',
    ])
    const moved = await callKeys<StoredProviderKey>(harness, 'PATCH', `/${body.id}`, { body: { region: 'us-east-1' } })
    expect(moved.body.origins[0]).toBe('https://bedrock-runtime.us-east-1.amazonaws.com')
    expect((await callKeys(harness, 'PATCH', `/${body.id}`, { body: { region: null } })).body.error?.message).toContain(
      'region is required',
    )
    expect((await create({ provider: 'openai', name: 'own', key: newSecret(), baseUrl: provider.baseUrl })).body.origins).toEqual([
      new URL(provider.baseUrl).origin,
    ])
  })

  test.each(['evil.example.com/', 'a.b', 'x@y', 'x:1', '-x', 'x y', '..'])('never lets the region %j name another host', async (region) => {
    const { status, body } = await create({ provider: 'bedrock', name: 'prod', key: newSecret(), region })
    expect([status, body.error?.message.includes('region')]).toEqual([400, true])
  })
})

describe('a stored key', () => {
  test('changes in its description alone: neither its base URL nor its value can be sent', async () => {
    const { id } = await storeKey(harness)
    const change = { name: 'renamed', tags: ['b', 'a', 'b'], status: 'disabled', purpose: 'why', category: 'other' }
    expect((await callKeys(harness, 'PATCH', `/${id}`, { body: change })).body).toMatchObject({ ...change, tags: ['b', 'a'] })
    for (const body of [{ baseUrl: provider.baseUrl }, { key: newSecret() }, { provider: 'anthropic' }, {}]) {
      expect((await callKeys(harness, 'PATCH', `/${id}`, { body })).status).toBe(400)
    }
  })

  test('is asked about with the credential of its provider, and each verdict is kept', async () => {
    const { id, key } = await storeKey(harness, { baseUrl: provider.baseUrl })
    expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({
      valid: true,
      verdict: 'valid',
      reason: 'accepted',
      help: null,
      keyId: id,
    })
    expect(provider.heard.at(-1)).toMatchObject({ key, url: '/v1/models' })
    provider.answer(key, acts.fail)
    expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({
      valid: null,
      verdict: 'degraded',
      reason: 'provider_error',
    })
    expect((await readKey(harness, id)).health).toBe('healthy')
    provider.answer(key, acts.reject)
    expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({ valid: false, verdict: 'invalid', reason: 'bad_key' })
    expect((await readKey(harness, id)).health).toBe('rejected')
    const { body } = await callKeys(harness, 'GET', `/${id}/probes?limit=2`)
    expect(body).toMatchObject({ items: [{ valid: false }, { valid: null }], total: 3 })
  })

  test('revoked stops at once and for good, and says whether its provider still takes it', async () => {
    const { id, key } = await storeKey(harness, { baseUrl: provider.baseUrl })
    const first = await callKeys(harness, 'POST', `/${id}/revoke`, { body: { inFlight: 'cut' } })
    expect(first.body).toMatchObject({ status: 'revoked', inFlight: 'cut', upstream: 'still_valid' })
    expect(await readStates(harness, id)).toEqual(['retired'])
    provider.answer(key, acts.reject)
    expect((await callKeys(harness, 'POST', `/${id}/revoke`, { body: {} })).body).toMatchObject({ inFlight: 'finish', upstream: 'revoked' })
    expect((await callKeys(harness, 'PATCH', `/${id}`, { body: { status: 'active' } })).body.error?.code).toBe('key_not_usable')
    expect((await callKeys(harness, 'POST', `/${id}/verify`)).body).toMatchObject({ valid: false })
  })

  test('deleted leaves the lists, comes back within 30 days, and is destroyed after them', async () => {
    const { id, key } = await storeKey(harness)
    expect((await callKeys(harness, 'DELETE', `/${id}`)).status).toBe(204)
    expect((await callKeys(harness, 'DELETE', `/${id}`)).status).toBe(404)
    expect((await list('limit=200')).items.map((item) => item.id)).not.toContain(id)
    expect((await list('deleted=true&limit=200')).items.map((item) => item.id)).toContain(id)
    for (const path of ['verify', 'rotate', 'revoke'] as const) {
      const method = path === 'rotate' ? 'PUT' : 'POST'
      const body = path === 'rotate' ? { key: newSecret() } : path === 'revoke' ? {} : undefined
      expect((await callKeys(harness, method, `/${id}/${path}`, { body })).status, path).toBe(404)
    }
    expect((await callKeys(harness, 'POST', `/${id}/restore`)).body).toMatchObject({ id, deletedAt: null })
    await callKeys(harness, 'DELETE', `/${id}`)
    travel(31 * 86_400_000)
    await settleKeys(harness.deps)
    Object.assign(harness.deps, { clock: systemClock })
    expect((await callKeys(harness, 'POST', `/${id}/restore`)).status).toBe(404)
    expect((await list('deleted=true&limit=200')).items.map((item) => item.id)).not.toContain(id)
    expect((await create({ provider: 'openai', name: 'anew', key })).status).toBe(201)
  })

  test('shows what would stop without it', async () => {
    const { id } = await storeKey(harness, { tags: ['impact'] })
    const agentId = await factories.agent?.(harness, harness.token)
    for (const covers of [{ keyId: id }, { tag: 'impact' }]) {
      await harness.request('POST', '/api/v1/grants', { body: { agentId, ...covers } })
    }
    expect((await callKeys(harness, 'GET', `/${id}/impact`)).body).toMatchObject({ keyId: id, grants: 2, agents: 1 })
  })
})

test('every change is announced to replicas and to webhooks, and never with the secret', async () => {
  const { id, key } = await storeKey(harness, { baseUrl: provider.baseUrl })
  await callKeys(harness, 'PUT', `/${id}/rotate`, { body: { key: newSecret() } })
  await callKeys(harness, 'POST', `/${id}/revoke`, { body: {} })
  await callKeys(harness, 'DELETE', `/${id}`)
  const { systemPool } = harness.deps.db
  const changes = await systemPool.query(`SELECT payload FROM change WHERE kind = 'provider-key.changed' AND payload->>'keyId' = $1`, [id])
  expect(changes.rows).toHaveLength(4)
  const client = await systemPool.connect()
  await client.query(`SELECT set_config('keylease.organization_id', $1, false)`, [harness.organizationId])
  const events = await client.query<{ kind: string }>(
    'SELECT kind, payload FROM outbox_event WHERE resource_id = $1 ORDER BY created_at, id',
    [id],
  )
  client.release(true)
  expect(events.rows.map((row) => row.kind)).toEqual(['key.created', 'key.rotated', 'key.revoked', 'key.deleted'])
  expect(JSON.stringify([changes.rows, events.rows])).not.toContain(key)
})
