import { expect, onTestFinished, test, vi } from 'vitest'
import { type RelayedProvider, startRelay } from './relay'

async function open(respond: (request: Request) => Response | Promise<Response>) {
  const requests: Request[] = []
  const send: RelayedProvider['fetch'] = async (input, init) => {
    const request = new Request(input, init)
    requests.push(request.clone())
    return respond(request)
  }
  const relay = await startRelay([{ id: 'openai', origin: 'https://api.openai.com', fetch: send }])
  onTestFinished(relay.close)
  return { relay, requests, authorization: `Bearer ${relay.token}` }
}

test('a request arrives as it was made, but for the token', async () => {
  const { relay, requests, authorization } = await open(() =>
    Response.json({ ok: true }, { status: 201, headers: { 'x-request-id': 'r-1' } }),
  )
  const response = await fetch(`${relay.url}/openai/v1/chat/completions?a=1`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'openai-beta': 'x' },
    body: '{"model":"m"}',
  })
  expect([response.status, response.headers.get('x-request-id'), await response.json()]).toEqual([201, 'r-1', { ok: true }])
  const [request] = requests
  expect([request?.method, request?.url]).toEqual(['POST', 'https://api.openai.com/v1/chat/completions?a=1'])
  expect(request?.headers.get('openai-beta')).toBe('x')
  expect(await request?.text()).toBe('{"model":"m"}')
  expect(JSON.stringify([...(request?.headers ?? [])])).not.toContain(relay.token)
})

test.each([
  ['authorization', (token: string) => `Bearer ${token}`],
  ['x-api-key', (token: string) => token],
  ['x-goog-api-key', (token: string) => token],
  ['api-key', (token: string) => token],
])('the token is taken in %s', async (name, write) => {
  const { relay } = await open(() => new Response('ok'))
  expect((await fetch(`${relay.url}/openai/v1/models`, { headers: { [name]: write(relay.token) } })).status).toBe(200)
})

test('the token is taken in the query, and goes no further', async () => {
  const { relay, requests } = await open(() => new Response('ok'))
  expect((await fetch(`${relay.url}/openai/v1/models?key=${relay.token}`)).status).toBe(200)
  expect(requests[0]?.url).not.toContain(relay.token)
})

test('without the token nothing is sent, and a provider that was not asked for is none', async () => {
  const { relay, requests, authorization } = await open(() => new Response('ok'))
  const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${relay.url}${path}`, { headers }).then(({ status }) => status)
  expect(await ask('/openai/v1/models')).toBe(401)
  expect(await ask('/openai/v1/models', { authorization: 'Bearer sk-else' })).toBe(401)
  expect(await ask('/openai/v1/models', { authorization: `${authorization}x` })).toBe(401)
  expect(await ask('/groq/v1/models', { authorization })).toBe(404)
  expect(await ask('/', { authorization })).toBe(404)
  expect(requests).toHaveLength(0)
})

test('a stream passes as it comes, and ends upstream when the program leaves it', async () => {
  let isLeft = false
  let push: (text: string) => void = () => undefined
  const { relay, authorization } = await open(({ signal }) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        push = (text) => controller.enqueue(new TextEncoder().encode(text))
        signal.addEventListener('abort', () => {
          isLeft = true
          controller.error(signal.reason)
        })
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  })
  const response = await fetch(`${relay.url}/openai/v1/responses`, { headers: { authorization } })
  const reader = response.body?.getReader()
  push('data: 1\n\n')
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: 1\n\n')
  await reader?.cancel()
  await vi.waitFor(() => expect(isLeft).toBe(true))
})

test('a body that came compressed is passed on as what it is', async () => {
  const { relay, authorization } = await open(
    () => new Response('plain', { headers: { 'content-encoding': 'gzip', 'content-length': '999' } }),
  )
  const response = await fetch(`${relay.url}/openai/v1/models`, { headers: { authorization } })
  expect(await response.text()).toBe('plain')
})

test('where nothing comes back, the program sees a connection that ends', async () => {
  const { relay, authorization } = await open(() => Promise.reject(new TypeError('fetch failed')))
  await expect(fetch(`${relay.url}/openai/v1/models`, { headers: { authorization } })).rejects.toThrow()
})
