import type { CallOptions, Transport } from '../src/transport/call'
import { exampleScope } from './lease-service'
import type { ManualClock } from './manual-clock'

interface Asked {
  method: string
  path: string
  body: Record<string, unknown>
  options: CallOptions
}

/** The service as a pool sees it, without a wire: leases for the gateway, unless the script says otherwise. */
export class ScriptedTransport implements Transport {
  readonly asked: Asked[] = []
  readonly #clock: ManualClock
  expiresInMs = 900_000
  scope = {}
  /** Answers instead; undefined leaves it to the service. */
  script: (asked: Asked) => unknown = () => undefined
  #issued = 0

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  async call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body: unknown = {}, options: CallOptions = {}): Promise<T> {
    const asked = { method, path, body: body as Record<string, unknown>, options }
    this.asked.push(asked)
    return ((await this.script(asked)) ?? this.#answer(asked)) as T
  }

  open = () => Promise.reject(new Error('not in this script'))

  count(kind: 'issue' | 'renew' | 'release' | 'ack'): number {
    return this.asked.filter((asked) => toKind(asked) === kind).length
  }

  #answer(asked: Asked): unknown {
    const kind = toKind(asked)
    if (kind === 'renew') return { id: asked.path.split('/')[3], token: `renewed-${this.asked.length}`, ...this.#toTimes() }
    if (kind !== 'issue') return undefined
    const { provider = 'openai' } = asked.body
    const id = `lse_${++this.#issued}`
    const scope = { ...exampleScope, ...this.scope }
    const rest = { baseUrl: 'http://127.0.0.1:4500/gateway/openai', origins: [], scope, slice: null, prices: [] }
    return { id, provider, delivery: 'gateway', credential: null, token: `token-of-${id}`, ...rest, ...this.#toTimes() }
  }

  #toTimes() {
    const now = this.#clock.now()
    const iso = (ms: number) => new Date(ms).toISOString()
    const { expiresInMs } = this
    return { issuedAt: iso(now), expiresAt: iso(now + expiresInMs), expiresInMs, renewInMs: expiresInMs / 3, serverTime: iso(now) }
  }
}

export function toKind({ method, path }: Asked): 'issue' | 'renew' | 'release' | 'ack' {
  if (path === '/v1/leases') return 'issue'
  if (path.endsWith('/renew')) return 'renew'
  return method === 'DELETE' ? 'release' : 'ack'
}
