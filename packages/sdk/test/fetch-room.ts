import { catchUp } from '../src/chores'
import { systemClock } from '../src/clock'
import { type KeyleaseOptions, readConfig } from '../src/config'
import { createEmitter, type KeyleaseEvents } from '../src/emitter'
import { createLeasedFetch, type FetchOptions } from '../src/fetch/leased-fetch'
import { LeasePool } from '../src/leases/pool'
import type { Ledger } from '../src/ledger/ledger'
import type { CallRecord } from '../src/ledger/record'
import { loadProvider } from '../src/providers/catalogue'
import { createTransport } from '../src/transport/call'

/** A leased fetch with real pool, transport and readers; what it records lies in `records`, by the numbers that were taken. */
export function createFetchRoom(options: KeyleaseOptions, clock = systemClock) {
  const config = readConfig({ token: 'kl_test_token', ...options }, clock)
  const events = createEmitter()
  const transport = createTransport(config)
  const pool = new LeasePool({ config, transport, events })
  const taken: string[] = []
  const records: CallRecord[] = []
  const heard: { name: keyof KeyleaseEvents; event: unknown }[] = []
  for (const name of ['revoked', 'renewed', 'budget', 'degraded'] as const) events.on(name, (event) => heard.push({ name, event }))
  const ledger: Ledger = {
    opening: null,
    begin(lease) {
      const sequence = lease.nextSequence()
      taken.push(`${lease.id}#${sequence}`)
      return { lease, sequence, startedAtMs: clock.now() }
    },
    finish: (_, record) => void records.push(record),
    flush: async () => undefined,
    close: async () => undefined,
    stats: () => ({ waiting: 0, dropped: 0, acknowledged: 0, unspooled: 0 }),
  }
  const room = { config, ledger, events, readAttribution: () => ({}), loadProvider, pool }
  return {
    config,
    events,
    transport,
    pool,
    taken,
    records: caughtUp(records),
    countRecorded: () => records.length,
    heard,
    fetch: (provider: string, how: Partial<FetchOptions> = {}) => createLeasedFetch(room, provider, { refusals: 'answer', ...how }),
  }
}

/** Whoever looks sees what became of every call that has ended. */
const caughtUp = <T>(all: T[]): T[] =>
  new Proxy(all, {
    get(target, name) {
      catchUp()
      return Reflect.get(target, name)
    },
  })
