import type { Clock } from './clock'
import type { Database } from './db'
import type { FlushLoop } from './flush-loop'
import type { Log } from './log'
import { addTraffic, type TrafficCount } from './provider-traffic-rows'
import { createTenantBuffer } from './tenant-buffer'

/** How a call went for the provider: whatever it says about the key, it answered. */
export type TrafficOutcome = 'answered' | 'failed' | 'unreachable'

/**
 * Counts in memory how the calls to each provider went and adds them to the tables once a second, and at a drain, where they
 * decide how the provider does for that organization. It never slows or fails a call.
 */
export interface ProviderTraffic extends FlushLoop {
  /** One call, or several with the sum of how long they took. */
  record(organizationId: string, provider: string, outcome: TrafficOutcome, latencyMs: number, calls?: number): void
}

const minuteMs = 60_000

export function createProviderTraffic(db: Pick<Database, 'app'>, clock: Clock, log: Log): ProviderTraffic {
  const { add, ...loop } = createTenantBuffer<TrafficCount>({
    log,
    maximumPending: 50_000,
    merge: addUp,
    save: (organizationId, counts) => addTraffic(db, organizationId, counts, clock.now()),
    failure: 'how calls to providers went could not be saved; it is tried again in a second',
  })
  return {
    ...loop,
    record(organizationId, provider, outcome, latencyMs, calls = 1) {
      const minute = new Date(Math.floor(clock.now().getTime() / minuteMs) * minuteMs)
      const none = { answered: 0, failed: 0, unreachable: 0, latencyMs: outcome === 'answered' ? Math.round(latencyMs) : 0 }
      add(organizationId, `${provider} ${minute.getTime()}`, { provider, minute, ...none, [outcome]: calls })
    },
  }
}

const addUp = (count: TrafficCount, more: TrafficCount): TrafficCount => ({
  ...count,
  answered: count.answered + more.answered,
  failed: count.failed + more.failed,
  unreachable: count.unreachable + more.unreachable,
  latencyMs: count.latencyMs + more.latencyMs,
})
