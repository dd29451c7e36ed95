import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFetchRoom } from '../../test/fetch-room'
import { answerError, answerJson, type Handler, type HttpServer, startHttpServer } from '../../test/http-server'
import { canary, type LeaseService, startLeaseService } from '../../test/lease-service'
import { ConnectionError, KeyleaseError } from '../errors'

const chat = 'https://api.openai.com/v1/chat/completions'
const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-5-mini-2026',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
}
const ask = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] })
const post = { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer keylease' }, body: ask }

let service: LeaseService
let provider: HttpServer
let handle: Handler
beforeAll(async () => {
  service = await startLeaseService()
  provider = await startHttpServer((seen, response) => handle(seen, response))
})
afterAll(() => Promise.all([service.close(), provider.close()]))
beforeEach(() => {
  handle = (_, response) => answerJson(response, 200, answer, { 'x-request-id': 'req_openai' })
  service.given = { baseUrl: `${provider.url}/v1` }
})
afterEach(() => {
  service.on = {}
  provider.requests.length = 0
})

const createRoom = (options = {}) => createFetchRoom({ url: service.url, ...options })
const seen = () =>
  provider.requests.map(({ method, path, headers, body }) => ({ method, path, authorization: headers['authorization'], body }))

describe('a call', () => {
  it('goes below the base URL of its lease with the key, and comes back as it was answered', async () => {
    const { fetch, records, taken, pool } = createRoom()
    const response = await fetch('openai')(chat, post)
    expect([response.status, response.headers.get('x-request-id'), response.type, response.redirected]).toEqual([
      200,
      'req_openai',
      'basic',
      false,
    ])
    expect(response.url).toBe(`${provider.url}/v1/chat/completions`)
    expect(response.clone().url).toBe(response.url)
    expect(await response.json()).toEqual(answer)
    expect(seen()).toEqual([{ method: 'POST', path: '/v1/chat/completions', authorization: `Bearer ${canary}`, body: ask }])
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({
      leaseId: taken[0]?.split('#')[0],
      sequence: 1,
      provider: 'openai',
      operation: 'chat',
      endpoint: 'POST /chat/completions',
      status: 'ok',
      httpStatus: 200,
      end: 'complete',
      request: { model: 'gpt-5-mini', isStream: false },
      reading: { quality: 'exact', model: 'gpt-5-mini-2026', vector: { inputUncached: 9, outputText: 3, requests: 1 } },
    })
    await pool.close()
  })

  it('is recorded after its caller has its answer, with the moment at which it ended, and before anybody asks', async () => {
    const { fetch, records, countRecorded, pool } = createRoom()
    const response = await fetch('openai')(chat, post)
    await response.text()
    const endedAtMs = Date.now()
    expect(countRecorded()).toBe(0)
    const until = endedAtMs + 3
    while (Date.now() < until);
    expect(records).toHaveLength(1)
    expect(records[0]?.endedAtMs).toBeLessThanOrEqual(endedAtMs)
    await pool.close()
  })

  it('that its caller traces is over with its span before the caller goes on', async () => {
    const ended: string[] = []
    const span = {
      spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }),
      isRecording: () => true,
      setAttributes: () => undefined,
      setStatus: () => undefined,
      end: () => void ended.push('call'),
    }
    const tracerProvider = { getTracer: () => ({ startSpan: () => span }) }
    const { fetch, countRecorded, pool } = createRoom({ telemetry: { tracerProvider } })
    await (await fetch('openai')(chat, post)).text()
    ended.push('parent')
    expect([ended, countRecorded()]).toEqual([['call', 'parent'], 1])
    await pool.close()
  })

  it('costs no request to the service after the first', async () => {
    const { fetch, taken, pool } = createRoom()
    const leased = fetch('openai')
    const before = service.requests.length
    await Promise.all(Array.from({ length: 20 }, async () => (await leased(chat, post)).text()))
    expect(service.requests.length - before).toBe(1)
    expect(new Set(taken).size).toBe(20)
    await pool.close()
  })

  it('through the gateway goes to the service with the lease token', async () => {
    const { fetch, pool } = createRoom({ delivery: 'gateway' })
    service.given = { baseUrl: `${provider.url}/gateway/openai` }
    await (await fetch('openai')(chat, post)).text()
    expect(seen()).toMatchObject([{ path: '/gateway/openai/chat/completions', authorization: `Bearer kll_${canary}` }])
    await pool.close()
  })

  it('of an organization’s own provider is authorised as its lease says', async () => {
    const { fetch, pool } = createRoom()
    service.given = { baseUrl: `${provider.url}/api`, auth: { kind: 'header', name: 'x-acme-key' }, headers: { 'x-acme-version': '2' } }
    const placeholders = { authorization: 'Bearer keylease', 'x-api-key': 'keylease', 'x-amz-security-token': 'keylease' }
    await (await fetch('acme')(`${provider.url}/api/quote?symbol=A&key=b`, { headers: placeholders })).text()
    const [{ path, headers } = { path: '', headers: {} }] = provider.requests
    expect(path).toBe('/api/quote?symbol=A&key=b')
    expect(headers).toMatchObject({ 'x-acme-key': canary, 'x-acme-version': '2', accept: '*/*' })
    for (const name of Object.keys(placeholders)) expect(headers).not.toHaveProperty(name)
    await pool.close()
  })

  it('whose key travels in the query shows it to nobody', async () => {
    const { fetch, pool, records } = createRoom()
    service.given = { baseUrl: provider.url, auth: { kind: 'query', name: 'apikey' } }
    const leased = fetch('alpha-vantage')
    const response = await leased('https://www.alphavantage.co/query?function=OVERVIEW&apikey=keylease&symbol=IBM')
    expect(provider.requests[0]?.path).toBe(`/query?function=OVERVIEW&symbol=IBM&apikey=${canary}`)
    expect(response.url).toBe(`${provider.url}/query?function=OVERVIEW&symbol=IBM`)
    handle = (_, out) => void out.writeHead(204).end()
    expect((await leased('https://www.alphavantage.co/query')).url).toBe(`${provider.url}/query`)
    await response.text()
    expect(JSON.stringify(records)).not.toContain(canary)
    await pool.close()
  })
})

describe('a key', () => {
  it('follows no redirect: the caller gets it as it came', async () => {
    const { fetch, pool } = createRoom()
    handle = (_, response) => void response.writeHead(307, { location: `${service.url}/stolen` }).end()
    const before = service.count('/stolen')
    const response = await fetch('openai')(chat, post)
    expect([response.status, response.headers.get('location')]).toEqual([307, `${service.url}/stolen`])
    await expect(fetch('openai')(chat, { ...post, redirect: 'error' })).rejects.toThrow(TypeError)
    expect(service.count('/stolen')).toBe(before)
    await pool.close()
  })

  it.each([
    'https://evil.example/v1/chat/completions',
    'http://api.openai.com/v1/chat/completions',
    'https://api.openai.com.evil.example/v1/models',
    'https://api.openai.com@evil.example/v1/models',
    'https://api.openai.com:8443/v1/models',
    'https://api.openai.com/v1beta/models',
    'https://api.openai.com/v1/../admin',
  ])('does not go to %s', async (url) => {
    const { fetch, pool, taken } = createRoom()
    const refused = await fetch('openai')(url, post)
    expect(refused.status).toBe(403)
    await expect(fetch('openai', { refusals: 'throw' })(url, post)).rejects.toMatchObject({ code: 'url_not_allowed' })
    expect(seen()).toEqual([])
    expect(taken).toEqual([])
    await pool.close()
  })
})

describe('a body', () => {
  const multipart = new FormData()
  multipart.set('model', 'whisper-1')
  multipart.set('file', new Blob(['sound']), 'a.wav')
  const text = (pieces: string[]) => new Blob(pieces).stream()

  it.each<[string, () => [RequestInfo | URL, RequestInit?], Record<string, unknown>]>([
    ['a string', () => [chat, { method: 'post', body: 'plain' }], { method: 'POST', body: 'plain', type: 'text/plain;charset=UTF-8' }],
    ['bytes', () => [new URL(chat), { method: 'POST', body: new TextEncoder().encode(ask) }], { body: ask, type: undefined }],
    ['a buffer', () => [chat, { method: 'POST', body: new TextEncoder().encode(ask).buffer }], { body: ask }],
    [
      'a blob',
      () => [chat, { method: 'POST', body: new Blob([ask], { type: 'application/json' }) }],
      { body: ask, type: 'application/json' },
    ],
    [
      'parameters',
      () => [chat, { method: 'POST', body: new URLSearchParams({ a: 'b c' }) }],
      { body: 'a=b+c', type: 'application/x-www-form-urlencoded;charset=UTF-8' },
    ],
    [
      'a form',
      () => [chat, { method: 'POST', body: multipart }],
      { body: expect.stringContaining('sound'), type: expect.stringMatching(/^multipart\/form-data; boundary=/) },
    ],
    ['a stream', () => [chat, { method: 'POST', body: text(['ab', 'cd']), duplex: 'half' } as RequestInit], { body: 'abcd' }],
    ['a Request', () => [new Request(chat, post)], { body: ask, type: 'application/json' }],
    [
      'a Request with a stream',
      () => [new Request(chat, { method: 'POST', body: text(['ab', 'cd']), duplex: 'half' } as RequestInit)],
      { body: 'abcd' },
    ],
    [
      'a Request that is overridden',
      () => [new Request(chat, post), { body: 'other', headers: { 'content-type': 'x/y' } }],
      { body: 'other', type: 'x/y' },
    ],
    ['nothing', () => [`${chat}/chatcmpl-1`], { method: 'GET', body: '' }],
  ])('that is %s arrives as fetch would send it', async (_, make, expected) => {
    const { fetch, pool, records } = createRoom()
    await (await fetch('openai')(...make())).text()
    const [request] = provider.requests
    expect({ method: request?.method, body: request?.body, type: request?.headers['content-type'] }).toMatchObject(expected)
    expect(request?.headers['authorization']).toBe(`Bearer ${canary}`)
    expect(records).toHaveLength(1)
    await pool.close()
  })

  it('of a Request is read for what it asks', async () => {
    const { fetch, pool, records } = createRoom()
    await (await fetch('openai')(new Request(chat, post))).text()
    expect(records[0]?.request.model).toBe('gpt-5-mini')
    await pool.close()
  })
})

describe('a refusal of ours', () => {
  it('is an answer in the provider’s words inside a client, an error elsewhere, and never a record', async () => {
    const { fetch, taken, pool } = createRoom()
    service.on.issue = (_, response) => answerError(response, 403, 'no_grant')
    const response = await fetch('openai')(chat, post)
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([403, 'false'])
    const body = (await response.json()) as { error: unknown }
    expect(body.error).toMatchObject({ code: 'keylease_no_grant', message: 'This is no_grant.' })
    expect(KeyleaseError.from({ error: body })).toMatchObject({ code: 'no_grant', requestId: 'req_1' })
    await expect(fetch('openai', { refusals: 'throw' })(chat, post)).rejects.toMatchObject({ code: 'no_grant', requestId: 'req_1' })
    expect(taken).toEqual([])
    await pool.close()
  })

  it('of a budget is 429 and told as an event', async () => {
    const { fetch, heard, pool } = createRoom()
    const details = { budgetId: 'bgt_1' }
    service.on.issue = (_, response) =>
      answerJson(response, 402, { error: { code: 'budget_exceeded', message: 'Spent.', requestId: 'r', details } })
    const response = await fetch('anthropic')('https://api.anthropic.com/v1/messages', { method: 'POST' })
    expect(response.status).toBe(429)
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error', code: 'keylease_budget_exceeded' } })
    expect(heard).toEqual([{ name: 'budget', event: { code: 'budget_exceeded', details } }])
    await pool.close()
  })

  it.each([
    ['garbage', (response: Parameters<Handler>[1]) => answerJson(response, 201, { id: 7 })],
    ['a credential that nobody can open', (response: Parameters<Handler>[1]) => answerJson(response, 201, { ...unopenable, token: null })],
    [
      'a lease without a credential',
      (response: Parameters<Handler>[1]) => answerJson(response, 201, { ...unopenable, credential: null, token: null }),
    ],
    [
      'a token that no header could hold',
      (response: Parameters<Handler>[1]) => answerJson(response, 201, { ...unopenable, credential: null, token: `${canary}\n` }),
    ],
  ])('comes where the service sends %s, and says nothing of it', async (_, send) => {
    const { fetch, pool } = createRoom()
    service.on.issue = (_seen, response) => send(response)
    const error = await fetch('openai', { refusals: 'throw' })(chat, post).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).cause).toBeUndefined()
    expect(String(error)).not.toContain(canary)
    await pool.close()
  })
})

const unopenable = {
  id: 'lse_1',
  provider: 'openai',
  delivery: 'direct',
  credential: { suite: '', encapsulatedKey: 'A'.repeat(43), ciphertext: 'AAAA' },
  baseUrl: 'https://api.openai.com/v1',
  origins: [],
  issuedAt: '2026-11-21T10:00:00Z',
  expiresAt: '2026-11-21T10:15:00Z',
  serverTime: '2026-11-21T10:00:00Z',
  expiresInMs: 900_000,
  renewInMs: 300_000,
  scope: { keyId: 'pky_1', models: [], operations: [] },
}

describe('what a lease allows', () => {
  it('is asked of the service where this lease does not: another may, or it says why not', async () => {
    const { fetch, pool } = createRoom()
    service.given = { baseUrl: `${provider.url}/v1`, scope: { models: ['gpt-5*'], operations: ['chat'] } }
    await (await fetch('openai')(chat, post)).text()
    const before = service.requests.length
    service.on.issue = (_, response) => answerError(response, 403, 'model_not_granted')
    const refused = await fetch('openai')(chat, { ...post, body: '{"model":"o9"}' })
    expect(((await refused.json()) as { error: { code: string } }).error.code).toBe('keylease_model_not_granted')
    await fetch('openai')('https://api.openai.com/v1/embeddings', { ...post, body: '{"model":"gpt-5-embed"}' })
    const asked = service.requests.slice(before).map(({ body }) => JSON.parse(body) as object)
    expect(asked).toMatchObject([{ models: ['o9'] }, { operations: ['embeddings'] }])
    expect(seen()).toHaveLength(1)
    await pool.close()
  })
})
