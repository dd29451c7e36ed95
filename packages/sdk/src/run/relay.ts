import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

export interface Relay {
  url: string
  /** Good at this relay alone, for as long as it is there. */
  token: string
  close(): Promise<void>
}

export interface RelayedProvider {
  id: string
  /** Where its requests are to go. */
  origin: string
  fetch: typeof fetch
}

/**
 * Stands in for providers on loopback: takes the requests of one program, which shows a token of its own, and sends them under leases. A
 * token in an environment cannot be renewed; a relay renews what is behind it.
 */
export async function startRelay(providers: readonly RelayedProvider[]): Promise<Relay> {
  const token = `kl_run_${randomBytes(24).toString('base64url')}`
  const byId = new Map(providers.map((provider) => [provider.id, provider]))
  const server = createServer((request, response) => {
    void relay(byId, token, request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function relay(
  providers: ReadonlyMap<string, RelayedProvider>,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, id = '', rest = '/'] = /^\/([^/?]+)([/?].*)?$/.exec(request.url ?? '') ?? []
  const provider = providers.get(id)
  if (!isShown(token, request)) return refuse(response, 401, 'The token of this program is missing: use the key from its environment.')
  if (!provider) return refuse(response, 404, `keylease run was not asked for ${id || 'this provider'}: add --provider.`)
  const abort = new AbortController()
  response.on('close', () => abort.abort())
  const body = await collect(request)
  const answer = await provider.fetch(`${provider.origin}${rest.replace(token, 'keylease')}`, {
    method: request.method ?? 'GET',
    headers: toHeaders(request),
    body: body.byteLength > 0 ? body : null,
    signal: abort.signal,
  })
  response.writeHead(answer.status, Object.fromEntries([...answer.headers].filter(([name]) => !ownHeaders.has(name))))
  if (!answer.body) return void response.end()
  response.flushHeaders()
  await pipeline(Readable.fromWeb(answer.body as ReadableStream<Uint8Array>), response) // the same stream under Node's own name
}

/** Of the connection, or of a body that is no longer compressed. */
const ownHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
  'content-encoding',
  'accept-encoding',
])

/** Where clients put their key. */
const keyHeaders = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key']

function toHeaders({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || keyHeaders.includes(name)) return []
    // A body that came compressed is sent so.
    if (ownHeaders.has(name) && name !== 'content-encoding') return []
    return [[name, Array.isArray(value) ? value.join(', ') : value]]
  })
}

function isShown(token: string, { headers, url = '' }: IncomingMessage): boolean {
  const shown = keyHeaders.flatMap((name) => headers[name] ?? []).map((value) => value.replace(/^Bearer /i, ''))
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1)).getAll('key')
  return [...shown, ...query].some((value) => isSame(value, token))
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.byteLength === right.byteLength && timingSafeEqual(left, right)
}

async function collect(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new Uint8Array(Buffer.concat(chunks))
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code: 'keylease_run', message } }))
}
