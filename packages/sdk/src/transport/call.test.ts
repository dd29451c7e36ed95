import { afterEach, describe, expect, it } from 'vitest'
import { answerError, answerJson, type Handler, type HttpServer, startHttpServer } from '../../test/http-server'
import { type KeyleaseOptions, readConfig } from '../config'
import { KeyleaseError } from '../errors'
import { createTransport } from './call'

const token = 'kl_live_canary'
let server: HttpServer | null = null

afterEach(async () => {
  await server?.close()
  server = null
})

async function start(handle: Handler, options: KeyleaseOptions = {}) {
  server = await startHttpServer(handle)
  const transport = createTransport(readConfig({ url: server.url, token, ...options }))
  return { transport, requests: server.requests }
}

const failure = async (call: Promise<unknown>): Promise<KeyleaseError> => {
  const error: unknown = await call.then(
    () => expect.unreachable(),
    (reason: unknown) => reason,
  )
  if (!KeyleaseError.is(error)) throw error
  expect(JSON.stringify([error.message, error])).not.toContain(token)
  return error
}

describe('an answer of the service', () => {
  it('comes back as it is, and the request has token, type and a key of its own', async () => {
    const { transport, requests } = await start((_, response) => answerJson(response, 201, { id: 'lse_1' }))
    expect(await transport.call('POST', '/v1/leases', { provider: 'openai' })).toEqual({ id: 'lse_1' })
    const [{ headers, body } = { headers: {}, body: '' }] = requests
    expect(headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': expect.any(String),
    })
    expect(body).toBe('{"provider":"openai"}')
  })

  it('without content is no value', async () => {
    const { transport } = await start((_, response) => void response.writeHead(204).end())
    expect(await transport.call('DELETE', '/v1/leases/lse_1')).toBeUndefined()
  })

  it.each([
    [401, 'unauthenticated', false],
    [403, 'no_grant', false],
    [410, 'lease_revoked', false],
    [429, 'rate_limited', true],
    [503, 'sealed', true],
  ])('that says %i %s is a typed error with its request id', async (status, code, retryable) => {
    const { transport } = await start((_, response) => answerError(response, status, code, { 'retry-after': '0' }))
    const error = await failure(transport.call('POST', '/v1/leases', {}))
    expect(error).toMatchObject({ code, retryable, requestId: 'req_1', message: `This is ${code}.` })
  })
})

describe('trying again', () => {
  it.each([429, 503, 500])('after %i happens under the same key, and its answer counts', async (status) => {
    let asked = 0
    const { transport, requests } = await start((_, response) =>
      ++asked < 3 ? answerError(response, status, 'unavailable', { 'retry-after': '0' }) : answerJson(response, 200, { asked }),
    )
    expect(await transport.call('POST', '/v1/leases', {})).toEqual({ asked: 3 })
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  })

  it('ends after three, and never happens after a refusal or for what nobody waits for', async () => {
    const { transport, requests } = await start(({ path }, response) =>
      answerError(response, path === '/refused' ? 403 : 503, 'unavailable', { 'retry-after': '0' }),
    )
    await failure(transport.call('GET', '/busy'))
    await failure(transport.call('GET', '/refused'))
    await failure(transport.call('GET', '/background', undefined, { isBackground: true }))
    expect(requests.map(({ path }) => path)).toEqual(['/busy', '/busy', '/busy', '/refused', '/background'])
  })

  it('does not wait longer than the service may take in all', async () => {
    const { transport, requests } = await start((_, response) => answerError(response, 503, 'unavailable', { 'retry-after': '60' }), {
      timeoutMs: 500,
    })
    expect(await failure(transport.call('GET', '/'))).toMatchObject({ code: 'unavailable' })
    expect(requests).toHaveLength(1)
  })

  it('ends when its caller leaves, with the caller’s reason', async () => {
    const { transport } = await start((_, response) => answerError(response, 503, 'unavailable', { 'retry-after': '5' }))
    const leave = new AbortController()
    const call = transport.call('GET', '/', undefined, { signal: leave.signal })
    await expect.poll(() => server?.requests.length).toBe(1)
    leave.abort(new Error('left'))
    await expect(call).rejects.toThrow('left')
  })
})

describe('what is not the service', () => {
  const page = '<!doctype html><title>Welcome to nginx</title>'
  it.each([200, 301, 404])('and answers HTML with %i is a setup error that names the variable', async (status) => {
    const { transport } = await start(
      (_, response) => void response.writeHead(status, { 'content-type': 'text/html', location: '/elsewhere' }).end(page),
    )
    const error = await failure(transport.call('POST', '/v1/leases', {}))
    expect(error).toMatchObject({ code: 'config_invalid', retryable: false, message: expect.stringContaining('Check KEYLEASE_URL') })
    expect(server?.requests).toHaveLength(1)
  })

  it('and answers HTML with 502 is an outage', async () => {
    const { transport } = await start((_, response) => void response.writeHead(502).end(page))
    expect(await failure(transport.call('GET', '/'))).toMatchObject({ code: 'connection_failed', retryable: true })
  })

  it('and answers without an end is left after four megabytes', async () => {
    const { transport } = await start((_, response) => {
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', write)
      write()
    })
    expect(await failure(transport.call('GET', '/'))).toMatchObject({ code: 'config_invalid' })
  })

  it.each(['{"error":"no"}', '{"error":{"code":7}}', 'null', '[]', '{"error":{"code":"x"'])(
    'and answers 400 with %s is a setup error',
    async (body) => {
      const { transport } = await start((_, response) => void response.writeHead(400).end(body))
      expect(await failure(transport.call('GET', '/'))).toMatchObject({ code: 'config_invalid' })
    },
  )
})

describe('the way to the service', () => {
  it('that hangs ends after timeoutMs in all, before or within the answer', async () => {
    const { transport } = await start(({ path }, response) => void (path === '/half' && response.write('{')), { timeoutMs: 60 })
    for (const path of ['/silent', '/half']) {
      const error = await failure(transport.call('GET', path))
      expect(error).toMatchObject({ code: 'connection_failed', message: expect.stringContaining('did not answer within 60 ms') })
    }
  })

  it.each([
    ['nobody listens', 'http://127.0.0.1:1'],
    ['the name does not exist', 'http://keylease.invalid'],
  ])('where %s is a typed error that keeps its cause', async (_, url) => {
    const transport = createTransport(readConfig({ url, token }))
    const error = await failure(transport.call('GET', '/'))
    expect(error).toMatchObject({ code: 'connection_failed', retryable: true, message: expect.stringContaining(url) })
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  it('that breaks within the answer is tried again', async () => {
    let asked = 0
    const { transport } = await start((_, response) => {
      if (++asked > 1) return answerJson(response, 200, {})
      response.writeHead(200, { 'content-length': '100' })
      response.write('{', () => response.destroy())
    })
    expect(await transport.call('GET', '/')).toEqual({})
  })
})

describe('the token', () => {
  it('is asked for anew with every request, and trimmed', async () => {
    let asked = 0
    const { transport, requests } = await start((_, response) => answerJson(response, 200, {}), { token: async () => `token-${++asked}\n` })
    await transport.call('GET', '/')
    await transport.call('GET', '/')
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('whose function fails is an error with that cause', async () => {
    const cause = new Error('no metadata server')
    const { transport } = await start((_, response) => answerJson(response, 200, {}), {
      token: () => Promise.reject(cause),
      timeoutMs: 300,
    })
    expect(await failure(transport.call('GET', '/'))).toMatchObject({ code: 'connection_failed', cause })
  })

  it('whose function never answers does not hang the call', async () => {
    const { transport } = await start((_, response) => answerJson(response, 200, {}), {
      token: () => new Promise(() => undefined),
      timeoutMs: 60,
    })
    expect(await failure(transport.call('GET', '/'))).toMatchObject({ code: 'connection_failed' })
  })

  it('that no header could hold is refused without being said', async () => {
    const { transport } = await start((_, response) => answerJson(response, 200, {}), { token: () => `${token}\nx-evil: 1` })
    const error = await failure(transport.call('GET', '/'))
    expect(error.code).toBe('config_invalid')
    expect(error.cause).toBeUndefined()
    expect(server?.requests).toEqual([])
  })
})
