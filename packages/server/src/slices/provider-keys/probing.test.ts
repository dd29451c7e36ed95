import { generateKeyPairSync } from 'node:crypto'
import type { Probe } from '@keylease/shared/contracts/provider-key-bodies'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestClock } from '../../../test/clock'
import { acts, createFakeProvider, type FakeProvider } from '../../../test/fake-provider'
import { createHarness, type Harness } from '../../../test/harness'
import { hurryOutbound } from '../../../test/health'
import { callKeys, readKey, storeKey } from '../../../test/provider-keys'

let harness: Harness
let upstream: FakeProvider
let origin: string
const clock = createTestClock()

beforeAll(async () => {
  harness = await createHarness({ KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1' }, clock)
  upstream = await createFakeProvider()
  origin = new URL(upstream.baseUrl).origin
  await hurryOutbound(harness)
})
afterAll(async () => {
  await harness.close()
  await upstream.close()
})

const word = (length: number) => crypto.randomUUID().replaceAll('-', '').repeat(3).slice(0, length)
const verify = async (id: string) => (await callKeys<Probe>(harness, 'POST', `/${id}/verify`)).body

const kinds = {
  bearer: { provider: 'groq', key: () => `gsk_${word(52)}`, sent: (key: string) => ({ headers: { authorization: `Bearer ${key}` } }) },
  header: { provider: 'anthropic', key: () => `sk-ant-api03-${word(93)}AA`, sent: (key: string) => ({ headers: { 'x-api-key': key } }) },
  query: {
    provider: 'alpha-vantage',
    key: () => word(16).toUpperCase(),
    sent: (key: string) => ({ url: `/query?function=MARKET_STATUS&apikey=${key}` }),
  },
  'aws bearer': {
    provider: 'bedrock',
    key: () => `ABSK${word(80)}`,
    sent: (key: string) => ({ headers: { authorization: `Bearer ${key}` } }),
  },
  'aws signature': {
    provider: 'bedrock',
    key: () => `AKIA${word(16).toUpperCase()}:${word(40)}`,
    sent: (key: string) => ({
      headers: { authorization: expect.stringMatching(`Credential=${key.slice(0, 20)}/.*/eu-central-1/bedrock/aws4_request`) },
    }),
  },
  'google key': { provider: 'google', key: () => `AIza${word(35)}`, sent: (key: string) => ({ headers: { 'x-goog-api-key': key } }) },
}

/** As documented where providers differ, else as most answer. */
const answer = (status: number, body: object = {}, headers: Record<string, string> = {}): typeof acts.accept => {
  return (_, response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
const cases = [
  ['200', answer(200, { models: [], data: [], markets: [] }), 'valid', true],
  ['401', answer(401, { error: { message: 'Invalid API key', code: 'invalid_api_key' } }), 'invalid', false],
  ['402', answer(402, { error: { message: 'Payment required' } }), 'no_quota', true],
  ['403', answer(403, { error: { message: 'Forbidden from this region' } }), 'unknown', null],
  ['429', answer(429, { error: { message: 'Slow down' } }, { 'retry-after': '60', 'x-ratelimit-limit-requests': '500' }), 'limited', null],
  ['500', answer(500, { error: { message: 'Oops' } }), 'degraded', null],
  ['503 with a page', acts.fail, 'degraded', null],
  ['garbage', acts.garble, 'degraded', null],
  ['a hang', acts.hang, 'unreachable', null],
  ['a dropped connection', acts.drop, 'unreachable', null],
] as const

describe.each(Object.entries(kinds))('a key sent by %s', (_, { provider, key: makeKey, sent }) => {
  test('goes out as its provider wants it, and every documented answer is judged, an outage never as a bad key', async () => {
    const key = makeKey()
    const { id } = await storeKey(harness, { provider, key, baseUrl: origin, region: 'eu-central-1' })
    const heardAs = key.startsWith('AKIA') ? key.slice(0, 20) : key
    for (const [name, act, verdict, valid] of cases) {
      upstream.answer(heardAs, act)
      const probe = await verify(id)
      expect(probe, name).toMatchObject({ verdict, valid })
      expect(probe.help === null, name).toBe(verdict === 'valid')
    }
    expect(upstream.heard.findLast((one) => one.key === heardAs)).toMatchObject(sent(key))
    expect((await readKey(harness, id)).health).not.toBe('rejected')
  })
})

test('AWS says 403 to a key that it does not know, and to one that it knows and that may not do this', async () => {
  const key = `ABSK${word(80)}`
  const { id } = await storeKey(harness, { provider: 'bedrock', key, baseUrl: origin, region: 'us-east-1' })
  upstream.answer(key, answer(403, { message: 'Authentication failed: Please make sure your API Key is valid.' }))
  expect(await verify(id)).toMatchObject({ verdict: 'invalid', reason: 'bad_key' })
  upstream.answer(key, answer(403, { message: 'User: x is not authorized to perform: bedrock:ListAsyncInvokes' }))
  expect(await verify(id)).toMatchObject({ verdict: 'valid', reason: 'restricted' })
})

describe('a service account of Google', () => {
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const account = (name: string) =>
    JSON.stringify({
      type: 'service_account',
      project_id: 'acme',
      private_key_id: word(40),
      private_key: pem,
      client_email: `${name}@acme.iam.gserviceaccount.com`,
      token_uri: 'https://oauth2.googleapis.com/token',
    })

  /** Google's token address answers as told; everything else goes out. */
  function stubExchange(act: () => { status: number; body: object }): string[] {
    const { request } = harness.deps.outbound
    const asked: string[] = []
    const stubbed: typeof request = async (url, options) => {
      if (!url.startsWith('https://oauth2.googleapis.com/')) return request(url, options)
      asked.push(Buffer.from(options?.body ?? '').toString())
      const { status, body } = act()
      return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) }
    }
    harness.deps.outbound.request = stubbed
    return asked
  }

  test('is exchanged anew for each probe, and its token is sent in its place', async () => {
    const { request } = harness.deps.outbound
    const tokens = ['ya29.first-token-of-this-test', 'ya29.second-token-of-this-test']
    const asked = stubExchange(() => ({ status: 200, body: { access_token: tokens[asked.length - 1], expires_in: 3_599 } }))
    const key = account('probe')
    const { id } = await storeKey(harness, { provider: 'google', key, baseUrl: origin })
    expect(await verify(id)).toMatchObject({ verdict: 'valid' })
    expect(await verify(id)).toMatchObject({ verdict: 'valid' })
    expect(upstream.heard.slice(-2).map((one) => one.headers.authorization)).toEqual(tokens.map((token) => `Bearer ${token}`))
    expect(asked.join()).not.toContain('PRIVATE KEY')
    harness.deps.outbound.request = request
    for (const token of tokens) expect(harness.logLines.join()).not.toContain(token)
  })

  test.each([
    [400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 'invalid', 'bad_key'],
    [400, { error: 'invalid_grant', error_description: 'Invalid JWT: Token must be a short-lived token' }, 'degraded', 'unexpected_answer'],
    [503, {}, 'degraded', 'provider_error'],
  ] as const)('that Google answers with %i %j is %s', async (status, body, verdict, reason) => {
    const { request } = harness.deps.outbound
    stubExchange(() => ({ status, body }))
    const { id } = await storeKey(harness, { provider: 'google', key: account(`refused-${status}-${reason}`), baseUrl: origin })
    expect(await verify(id)).toMatchObject({ verdict, reason })
    harness.deps.outbound.request = request
  })

  test('keeps its token for calls until a minute before it expires, and no longer', async () => {
    const { request } = harness.deps.outbound
    const asked = stubExchange(() => ({ status: 200, body: { access_token: `ya29.token-${asked.length}`, expires_in: 3_600 } }))
    const { id } = await storeKey(harness, { provider: 'google', key: account('calls'), baseUrl: origin })
    const call = () => callKeys(harness, 'POST', `/${id}/test`, { body: {} })
    for (const [minutes, exchanges] of [
      [0, 1],
      [58, 1],
      [2, 2],
    ] as const) {
      clock.advance(minutes * 60_000)
      await call()
      expect(asked).toHaveLength(exchanges)
    }
    harness.deps.outbound.request = request
  })
})
