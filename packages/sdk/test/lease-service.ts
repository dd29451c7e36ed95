import type { ServerResponse } from 'node:http'
import type { IssuedLease, LeaseScope, OpenedCredential } from '@keylease/shared/contracts/lease-bodies'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'
import { answerError, answerJson, type Handler, type HttpServer, startHttpServer } from './http-server'

const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
const text = new TextEncoder()

/** Where a lease leads and what it allows; by default to nowhere, with a credential that no log may show. */
interface Given {
  key: string
  baseUrl: string
  auth: OpenedCredential['auth']
  headers: Record<string, string>
  scope: Partial<LeaseScope>
  issued: Partial<IssuedLease>
}

export const canary = 'sk-canary-5f1d0c9b7a'

export interface LeaseService extends HttpServer {
  given: Partial<Given>
  /** Takes the place of what the service would answer; `POST /v1/leases/:id/renew` is `renew`. */
  on: Partial<Record<'issue' | 'renew' | 'release' | 'events' | 'ack' | 'traces', Handler>>
  /** By what it was: `issue`, `renew` … */
  count(kind: string): number
  /** Says something to everyone who listens. */
  send(name: string, data: unknown): void
  readonly listeners: number
}

const ids = { organizationId: 'org_1', projectId: 'prj_1', agentId: 'agt_1', keyId: 'pky_1', keyVersionId: 'kver_1', grantId: 'grant_1' }
const limits = { models: [], operations: [], requestsPerMinute: null, tokensPerMinute: null, defaultMaxOutputTokens: null }
export const exampleScope: LeaseScope = { ...ids, ...limits, environment: 'production' }

/** The service as an SDK sees it: real HTTP, real sealing, its clock by hand. */
export async function startLeaseService(now: () => number = Date.now): Promise<LeaseService> {
  const streams = new Set<ServerResponse>()
  const kinds: string[] = []
  const service = { given: {}, on: {} } as LeaseService
  let issued = 0
  const answers: Record<string, Handler> = {
    async issue({ body }, response) {
      const request = JSON.parse(body) as { provider?: string; publicKey?: string; delivery?: string }
      answerJson(response, 201, await toIssued(`lse_${++issued}`, request, service.given, now()))
    },
    renew: ({ path }, response) => answerJson(response, 200, { id: path.split('/')[3], token: null, ...toTimes(service.given, now()) }),
    release: (_, response) => void response.writeHead(204).end(),
    ack: (_, response) => answerJson(response, 200, { acknowledged: 1 }),
    traces: (_, response) => answerJson(response, 200, {}),
    events(_, response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': welcome\n\n')
      streams.add(response)
      response.on('close', () => streams.delete(response))
    },
  }
  const server = await startHttpServer(async (seen, response) => {
    const kind = toKind(seen.method, seen.path)
    kinds.push(kind)
    const handle = service.on[kind as keyof LeaseService['on']] ?? answers[kind]
    if (handle) await handle(seen, response)
    else answerError(response, 404, 'not_found')
  })
  const own = {
    count: (kind: string) => kinds.filter((one) => one === kind).length,
    send(name: string, data: unknown) {
      for (const stream of streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    },
  }
  Object.defineProperties(service, Object.getOwnPropertyDescriptors({ ...own, ...server }))
  Object.defineProperty(service, 'connections', { get: () => server.connections })
  Object.defineProperty(service, 'listeners', { get: () => streams.size })
  return service
}

function toKind(method: string, path: string): string {
  if (path === '/v1/leases') return 'issue'
  if (path.endsWith('/renew')) return 'renew'
  if (method === 'DELETE') return 'release'
  return { '/v1/events': 'events', '/v1/events/ack': 'ack', '/v1/traces': 'traces' }[path] ?? path
}

function toTimes({ issued }: Partial<Given>, nowMs: number) {
  const expiresInMs = issued?.expiresInMs ?? 900_000
  const iso = (ms: number) => new Date(ms).toISOString()
  return {
    issuedAt: iso(nowMs),
    expiresAt: iso(nowMs + expiresInMs),
    expiresInMs,
    renewInMs: Math.floor(expiresInMs / 3),
    serverTime: iso(nowMs),
  }
}

async function toIssued(
  id: string,
  request: { provider?: string; publicKey?: string; delivery?: string },
  given: Partial<Given>,
  nowMs: number,
) {
  const { key = canary, baseUrl = 'https://api.openai.com/v1', auth = { kind: 'bearer' }, headers = {}, scope, issued } = given
  const isGateway = request.publicKey === undefined
  return {
    id,
    provider: request.provider ?? 'openai',
    delivery: isGateway ? 'gateway' : 'direct',
    credential: request.publicKey === undefined ? null : await seal(id, request.publicKey, { key, auth, headers }),
    token: isGateway ? `kll_${key}` : null,
    baseUrl,
    origins: isGateway ? [] : [new URL(baseUrl).origin],
    ...toTimes(given, nowMs),
    scope: { ...exampleScope, ...scope },
    slice: null,
    prices: [],
    ...issued,
  }
}

async function seal(leaseId: string, publicKey: string, opened: OpenedCredential) {
  const recipient = await suite.DeserializePublicKey(Buffer.from(publicKey, 'base64url'))
  const options = { info: text.encode('keylease lease v1'), aad: text.encode(leaseId) }
  const { encapsulatedSecret, ciphertext } = await suite.Seal(recipient, text.encode(JSON.stringify(opened)), options)
  const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  return {
    suite: 'DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM',
    encapsulatedKey: encode(encapsulatedSecret),
    ciphertext: encode(ciphertext),
  }
}
