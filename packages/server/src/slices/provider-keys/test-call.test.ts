import type { Provider } from '@keylease/shared/contracts/provider-bodies'
import type { KeyTest } from '@keylease/shared/contracts/provider-key-health'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { acts, createFakeProvider, type FakeProvider } from '../../../test/fake-provider'
import { createHarness, type Harness } from '../../../test/harness'
import { hurryOutbound } from '../../../test/health'
import { callKeys, storeKey } from '../../../test/provider-keys'
import { inTenantSql } from '../../platform/tenancy'

let harness: Harness
let upstream: FakeProvider
const clock = createTestClock()

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' }, clock)
  upstream = await createFakeProvider()
  await hurryOutbound(harness)
})
afterAll(async () => {
  await harness.close()
  await upstream.close()
})

const store = (fields: object = {}) => storeKey(harness, { baseUrl: upstream.baseUrl, ...fields })
const run = (id: string, body: object = {}, options: object = {}) => callKeys<KeyTest>(harness, 'POST', `/${id}/test`, { body, ...options })
async function define(fields: object): Promise<string> {
  const body = { name: 'Acme', baseUrl: upstream.baseUrl, ...fields }
  return ((await (await harness.request('POST', '/api/v1/providers', { body })).json()) as Provider).id
}

const sayOk =
  (key: string): typeof acts.accept =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        model: 'gpt-5-nano-2025-08-07',
        choices: [{ index: 0, message: { role: 'assistant', content: `ok ${key}` }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13, completion_tokens_details: { reasoning_tokens: 3 } },
      }),
    )
  }

test('a test call is one tiny real call, told with its tokens and audited, and the answer itself goes nowhere', async () => {
  const { id, key } = await store()
  upstream.answer(key, sayOk(key))
  const { status, body } = await run(id)
  expect([status, body.ok, body.error, body.quality, body.model]).toEqual([200, true, null, 'exact', 'gpt-5-nano'])
  expect(body.tokens).toMatchObject({ inputUncached: 9, outputText: 1, reasoning: 3, requests: 1 })
  expect(upstream.heard.at(-1)).toMatchObject({ url: '/v1/chat/completions', key })
  const entries = await inTenantSql(harness.deps.db.systemPool, harness.organizationId, (client) =>
    client.query<{ row: string }>(
      `SELECT to_jsonb(e)::text AS row FROM audit_entry e WHERE action = 'provider-key.tested' AND resource_id = $1`,
      [id],
    ),
  )
  expect(entries.rows).toHaveLength(1)
  expect(JSON.stringify([body, entries.rows, harness.logLines])).not.toContain(key)
})

test.each([
  ['reject', 'bad_key'],
  ['exhaust', 'no_quota'],
  ['limit', 'rate_limited'],
  ['fail', 'overloaded'],
  ['garble', 'bad_request'],
  ['drop', 'unreachable'],
  ['hang', 'unreachable'],
] as const)('an upstream that does "%s" is told as %s with what to do, and costs nothing that is known', async (act, error) => {
  const { id, key } = await store()
  upstream.answer(key, acts[act])
  const { status, body } = await run(id)
  expect([status, body.ok]).toEqual([200, false])
  expect(body.error).toMatchObject({ class: error, cause: expect.stringMatching(/\.$/), remedy: expect.stringMatching(/\.$/) })
  expect(JSON.stringify(body)).not.toContain(key)
})

test('an API of an organization costs its fee by the request', async () => {
  const provider = await define({ probe: { path: '/account' }, feeNanos: '5000000' })
  const { id } = await storeKey(harness, { provider })
  const { body } = await run(id)
  expect(body).toMatchObject({ ok: true, model: null, tokens: { requests: 1 }, costNanos: '5000000' })
  expect(upstream.heard.at(-1)?.url).toBe('/v1/account')
})

test('an API that speaks the wire of OpenAI is read as OpenAI is, with the model that was named', async () => {
  const provider = await define({ wire: 'openai-chat', testModel: 'llama-4' })
  const { id, key } = await storeKey(harness, { provider })
  upstream.answer(key, sayOk(key))
  expect((await run(id)).body).toMatchObject({ ok: true, model: 'llama-4', tokens: { inputUncached: 9 } })
  expect((await run(id, { model: 'qwen-4' })).body).toMatchObject({ ok: true, model: 'qwen-4' })
})

test('without a test call, a model or a usable key it is refused clearly', async () => {
  const { id: plain } = await store({ provider: 'custom' })
  expect((await run(plain)).body.error).toMatchObject({ code: 'test_unavailable' })
  const { id: server } = await store({ provider: 'openai-compatible' })
  expect((await run(server)).body.error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('model is required') })
  const { id, key } = await store()
  const echoed = await run(id, { model: key.slice(8, 40) })
  expect([echoed.status, JSON.stringify(echoed.body).includes(key.slice(8, 40))]).toEqual([400, false])
  await callKeys(harness, 'POST', `/${id}/revoke`, { body: {} })
  expect((await run(id)).body.error).toMatchObject({ code: 'key_not_usable' })
})

test('a key takes five tests in a row and then one in twelve seconds; another organization and a reader none', async () => {
  const { id, key } = await store()
  upstream.answer(key, sayOk(key))
  const before = upstream.heard.length
  const statuses: number[] = []
  for (let count = 0; count < 6; count++) statuses.push((await run(id)).status)
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
  clock.advance(12_000)
  expect((await run(id)).status).toBe(200)
  expect(upstream.heard.length - before).toBe(6)
  const token = harness.createCredential({ organizationId: await harness.createTenant(), role: 'owner' })
  expect((await run(id, {}, { token })).status).toBe(404)
  const { key: reader } = await harness.issueKey({ scopes: ['read'] })
  expect((await run(id, {}, { token: reader })).status).toBe(403)
})

test('asked twice under one Idempotency-Key, it calls once', async () => {
  const { id, key } = await store()
  upstream.answer(key, sayOk(key))
  const before = upstream.heard.length
  const headers = { 'idempotency-key': 'once' }
  const answers = [await run(id, {}, { headers }), await run(id, {}, { headers })]
  expect(answers[1]?.body).toEqual(answers[0]?.body)
  expect(upstream.heard.length - before).toBe(1)
})
