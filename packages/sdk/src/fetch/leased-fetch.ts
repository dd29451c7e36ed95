import type { Provider } from '@keylease/shared/providers/provider'
import type { Config } from '../config'
import type { Emitter } from '../emitter'
import { KeyleaseError } from '../errors'
import type { LeasePool } from '../leases/pool'
import type { Ledger } from '../ledger/ledger'
import type { Attribution } from '../ledger/record'

export interface FetchRoom {
  config: Config
  ledger: Ledger
  events: Emitter
  readAttribution(): Attribution
  loadProvider(id: string): Promise<Provider>
  pool: Pick<LeasePool, 'find' | 'acquire' | 'refuse'>
}

export interface FetchOptions {
  /** Leases this key and no other of the provider. */
  keyId?: string
  /** What becomes of our own refusals: an answer in the provider's shape, for its clients, or a thrown KeyleaseError. */
  refusals: 'answer' | 'throw'
}

/** A fetch whose calls are leased, metered and recorded; to its caller it is fetch. What meters is loaded with the first call. */
export function createLeasedFetch(room: FetchRoom, providerId: string, { keyId, refusals }: FetchOptions): typeof fetch {
  let caller: typeof fetch | null = null
  let loading: Promise<typeof fetch> | null = null
  const load = async (): Promise<typeof fetch> => {
    try {
      const [{ createCaller }, provider] = await Promise.all([import('./caller'), room.loadProvider(providerId)])
      caller = createCaller(room, provider, keyId, refuse)
      return caller
    } finally {
      loading = null
    }
  }
  const start = (): Promise<typeof fetch> => {
    loading ??= load()
    return loading
  }
  const refuse = async (error: unknown): Promise<Response> => {
    if (!KeyleaseError.is(error)) throw error
    if (error.code.startsWith('budget_')) room.events.emit('budget', { code: error.code, details: error.details })
    if (refusals === 'throw') throw error
    const { toRefusal } = await import('./refusal')
    return toRefusal(providerId, error)
  }
  return (input, init) => {
    const call = (made: typeof fetch) => made(input, init ?? undefined)
    return caller ? call(caller) : start().then(call, refuse)
  }
}
