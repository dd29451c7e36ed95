import { type Clock, systemClock } from './clock'
import { type Config, type KeyleaseOptions, readConfig } from './config'
import { type ContextStore, createContextStore } from './context'
import { createEmitter, type Emitter, type KeyleaseEvents } from './emitter'
import { createLeasedFetch, type FetchOptions } from './fetch/leased-fetch'
import type { OpenStream } from './leases/connection'
import type { LeaseNeed } from './leases/issue'
import type { Lease } from './leases/lease'
import { createListener } from './leases/listener'
import { LeasePool } from './leases/pool'
import type { Revocations } from './leases/revocations'
import { openStream } from './leases/stream'
import { createLedger } from './ledger/create-ledger'
import type { Ledger, LedgerStats } from './ledger/ledger'
import type { Attribution } from './ledger/record'
import { loadProvider } from './providers/catalogue'
import { ClientOptions } from './providers/client-options'
import { createTransport } from './transport/call'

export type LeaseOptions = Omit<LeaseNeed, 'provider' | 'exceptKeyIds'>

/** Leased keys, metered calls and their reports, for one agent. */
export class Keylease extends ClientOptions implements AsyncDisposable {
  readonly #config: Config
  readonly #events: Emitter
  readonly #pool: LeasePool
  readonly #revocations: Revocations
  readonly #ledger: Ledger
  readonly #context: ContextStore

  constructor(options: KeyleaseOptions = {}, clock: Clock = systemClock, stream: OpenStream = openStream) {
    super()
    const config = readConfig(options, clock)
    const events = createEmitter()
    const transport = createTransport(config)
    this.#config = config
    this.#events = events
    this.#context = createContextStore()
    this.#ledger = createLedger({ config, transport, events })
    this.#pool = new LeasePool({ config, transport, events, onIssue: (lease) => this.#revocations.welcome(lease) })
    this.#revocations = createListener({ config, transport, events, pool: this.#pool, openStream: stream })
  }

  /** A fetch for any HTTP provider: leased, metered, and otherwise fetch. Our refusals are thrown as KeyleaseErrors. */
  fetch(provider: string, options: { keyId?: string } = {}): typeof fetch {
    return this.#createFetch(provider, { ...options, refusals: 'throw' })
  }

  /** A lease of one's own, given back at the end of its scope with `await using`. */
  lease(provider: string, options: LeaseOptions = {}): Promise<Lease> {
    return this.#pool.hold({ ...options, provider })
  }

  /** Attributes every call that `work` makes, however deep. */
  with<T>(attribution: Attribution, work: () => T): T {
    const outer = this.#context.current() ?? {}
    const tags = [...(outer.tags ?? []), ...(attribution.tags ?? [])]
    return this.#context.run({ ...outer, ...attribution, ...(tags.length > 0 && { tags: [...new Set(tags)] }) }, work)
  }

  /** Hears what happens; what comes back stops listening. */
  on<Name extends keyof KeyleaseEvents>(name: Name, handler: (event: KeyleaseEvents[Name]) => void): () => void {
    return this.#events.on(name, handler)
  }

  /** Sends the reports that wait. */
  flush(): Promise<void> {
    return this.#ledger.flush()
  }

  /** What is reported, what waits and what was lost. */
  stats(): LedgerStats {
    return this.#ledger.stats()
  }

  /** Sends what waits and gives every lease back. Answers that are still read go on, and are recorded as they are now. */
  async close(): Promise<void> {
    this.#revocations.stop()
    this.#pool.leaveCalls()
    await this.#ledger.close()
    await this.#pool.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  protected override clientFetch(provider: string, options: { keyId?: string } = {}): typeof fetch {
    return this.#createFetch(provider, { ...options, refusals: 'answer' })
  }

  #createFetch(provider: string, options: FetchOptions): typeof fetch {
    const room = {
      config: this.#config,
      ledger: this.#ledger,
      events: this.#events,
      readAttribution: () => this.#context.current() ?? {},
      loadProvider,
      pool: this.#pool,
    }
    return createLeasedFetch(room, provider, options)
  }
}
