import type { IssuedLease, LeaseScope } from '@keylease/shared/contracts/lease-bodies'
import type { Revocation, StreamEvents } from '@keylease/shared/contracts/lease-events'
import { newId } from '@keylease/shared/ids'
import { loadProvider } from '../providers/catalogue'
import { type Report, readReports } from './reports'

/** What the service refuses every lease with. */
export interface TestRefusal {
  code: string
  message: string
  status?: number
  details?: unknown
}

interface Facts {
  /** Where a lease sends its calls; absent, where the provider is. */
  baseUrl?: string
}

const ttlMs = 900_000
const scope: LeaseScope = {
  organizationId: newId('organization'),
  projectId: newId('project'),
  agentId: newId('agent'),
  environment: 'development',
  keyId: newId('providerKey'),
  keyVersionId: newId('keyVersion'),
  grantId: newId('grant'),
  models: [],
  operations: [],
  requestsPerMinute: null,
  tokensPerMinute: null,
  defaultMaxOutputTokens: null,
}

/** The machine API of the service, in memory: it leases whatever is asked for and keeps what is reported. */
export class MemoryService {
  readonly reports: Report[] = []
  readonly live = new Map<string, string>()
  refusal: TestRefusal | null = null
  readonly #baseUrl: string | null
  #send: ((chunk: string) => void) | null = null

  constructor({ baseUrl }: Facts = {}) {
    this.#baseUrl = baseUrl ?? null
  }

  async respond(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname
    const leaseId = /^\/v1\/leases\/([^/]+)/.exec(path)?.[1]
    if (path === '/v1/leases') return this.#issue((await request.json()) as { provider?: string })
    if (path === '/v1/traces') return this.#report(await readReports(request))
    if (leaseId !== undefined && path.endsWith('/renew')) return this.#renew(leaseId)
    if (leaseId !== undefined && request.method === 'DELETE') this.live.delete(leaseId)
    return new Response(null, { status: 204 })
  }

  /** Opens the event stream; what it returns closes it. */
  listen(send: (chunk: string) => void): () => void {
    this.#send = send
    const leases = [...this.live.keys()].map((id) => ({ id, ...toTimes() }))
    this.#announce('state', { serverTime: new Date().toISOString(), clientId: newId('lease'), leases, revocations: [] })
    return () => {
      this.#send = null
    }
  }

  revokeAll(inFlight: Revocation['inFlight']): void {
    this.live.clear()
    const revocation = { revocationId: newId('revocation'), scope: 'agent' as const, scopeId: scope.agentId, inFlight }
    this.#announce('lease.revoked', { ...revocation, notBefore: new Date().toISOString() })
  }

  #announce<Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]): void {
    this.#send?.(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  async #issue({ provider = 'custom' }: { provider?: string }): Promise<Response> {
    if (this.refusal) return refuse(this.refusal)
    const { baseUrl } = await loadProvider(provider)
    const lease: IssuedLease = {
      id: newId('lease'),
      provider,
      delivery: 'direct',
      credential: null,
      token: testCredential,
      baseUrl: this.#baseUrl ?? (baseUrl ?? `https://${provider}.test`).replace('{region}', 'us-east-1'),
      origins: [],
      ...toTimes(),
      scope,
      slice: null,
      prices: [],
    }
    this.live.set(lease.id, provider)
    return Response.json(lease, { status: 201 })
  }

  #renew(id: string): Response {
    if (!this.live.has(id)) return refuse({ code: 'lease_revoked', message: 'This lease was revoked.', status: 409 })
    return Response.json({ id, token: null, ...toTimes() })
  }

  #report(reports: readonly Report[]): Response {
    this.reports.push(...reports)
    return Response.json({})
  }
}

/** What a test sees in place of a provider's key. */
const testCredential = 'test-credential'

function toTimes() {
  const now = Date.now()
  const issuedAt = new Date(now).toISOString()
  return { issuedAt, serverTime: issuedAt, expiresAt: new Date(now + ttlMs).toISOString(), expiresInMs: ttlMs, renewInMs: ttlMs / 3 }
}

const refuse = ({ code, message, status = 403, details }: TestRefusal): Response =>
  Response.json({ error: { code, message, requestId: 'req_test', details } }, { status })
