import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { readEnv } from '../env'
import { checkBind } from './bind'
import { type HttpServer, openHttpServer } from './http-server'

const open: HttpServer[] = []
const env = (variables: Record<string, string> = {}) => readEnv({ PORT: '0', ...variables })

const listen = async (fetch: (request: Request) => Response | Promise<Response>) => {
  const server = await openHttpServer(env(), fetch)
  open.push(server)
  return server
}

/** What the server sends for these bytes until it closes the connection. */
const exchange = (server: HttpServer, bytes: string) => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write(bytes)
  return text(socket)
}

afterEach(async () => {
  for (const server of open.splice(0)) await server.close(0)
})

describe('http server', () => {
  it.each([
    ['what is not HTTP', 'nonsense\r\n\r\n', 400, 'invalid_request'],
    ['headers of more than 16 KiB', `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(17 * 1024)}\r\n\r\n`, 431, 'headers_too_large'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400, 'invalid_request'],
    ['a missing Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
  ])('answers %s in the shape of every error, without reaching the app', async (_, bytes, status, code) => {
    const server = await listen(() => {
      throw new Error('reached')
    })
    const answer = await exchange(server, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    const body = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1))
    expect(body).toEqual({ error: { code, message: expect.any(String), requestId: expect.stringMatching(/^req_/) } })
  })

  it('closes idle connections at once and lets a request in flight finish', async () => {
    const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>()
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    const server = await listen(async () => {
      reach()
      await mayAnswer
      return new Response('late')
    })
    const pending = fetch(server.url)
    await reached
    const closed = server.close(10_000)
    letAnswer()
    expect(await (await pending).text()).toBe('late')
    await closed
    await expect(fetch(server.url)).rejects.toThrow()
  })

  it('cuts what is not finished at the deadline', async () => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    const server = await listen(() => {
      reach()
      return new Promise<Response>(() => undefined)
    })
    const pending = fetch(server.url)
    await reached
    const cut = expect(pending).rejects.toThrow()
    await server.close(10)
    await cut
  })
})

describe('bind', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('takes %s in clear: it is loopback', (host) => {
    expect(() => checkBind(env({ HOST: host }))).not.toThrow()
  })

  it.each(['0.0.0.0', '::', '192.168.1.4', 'keys.example.com'])('refuses %s in clear', (host) => {
    expect(() => checkBind(env({ HOST: host }))).toThrow(/would take credentials over plain http/)
    expect(() => checkBind(env({ HOST: host, KEYLEASE_PUBLIC_URL: 'http://keys.example.com' }))).toThrow()
  })

  it.each([
    { KEYLEASE_PUBLIC_URL: 'https://keys.example.com' },
    { KEYLEASE_TLS_CERT: 'c', KEYLEASE_TLS_KEY: 'k' },
    { KEYLEASE_INSECURE_HTTP: '1' },
  ])('takes any address with %o', (variables) => {
    expect(() => checkBind(env({ HOST: '0.0.0.0', ...variables }))).not.toThrow()
  })
})
