import type { Clock } from './clock'
import type { Database } from './db'
import type { Log } from './log'
import { addTraffic, type TrafficCount } from './provider-traffic-rows'

/** How a call went for the provider: whatever it says about the key, it answered. */
export type TrafficOutcome = 'answered' | 'failed' | 'unreachable'

/**
 * Counts in memory how the calls to each provider went and adds them to the tables once a second, and at a drain, where they
 * decide how the provider does for that organization. It never slows or fails a call.
 */
export interface ProviderTraffic {
  record(organizationId: string, provider: string, outcome: TrafficOutcome, latencyMs: number): void
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

const flushMs = 1_000
const minuteMs = 60_000
const maximumPending = 50_000

export function createProviderTraffic(db: Pick<Database, 'app'>, clock: Clock, log: Log): ProviderTraffic {
  let pending = new Map<string, TrafficCount & { organizationId: string }>()
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()

  const add = (more: TrafficCount & { organizationId: string }) => {
    const name = `${more.organizationId} ${more.provider} ${more.minute.getTime()}`
    const count = pending.get(name)
    if (count) addTo(count, more)
    else if (pending.size < maximumPending) pending.set(name, { ...more })
  }

  const flushOnce = async () => {
    const taken = Map.groupBy(pending.values(), ({ organizationId }) => organizationId)
    pending = new Map()
    for (const [organizationId, counts] of taken) {
      try {
        await addTraffic(db, organizationId, counts, clock.now())
      } catch (error) {
        log.warn({ err: error }, 'how calls to providers went could not be saved; it is tried again in a second')
        for (const count of counts) add(count)
      }
    }
  }
  const flush = () => {
    turn = turn.then(flushOnce)
    return turn
  }
  const wait = () => {
    timer = setTimeout(() => void flush().then(() => timer && wait()), flushMs)
    timer.unref()
  }

  return {
    record(organizationId, provider, outcome, latencyMs) {
      const minute = new Date(Math.floor(clock.now().getTime() / minuteMs) * minuteMs)
      const isAnswered = outcome === 'answered'
      const none = { answered: 0, failed: 0, unreachable: 0, latencyMs: isAnswered ? Math.round(latencyMs) : 0 }
      add({ organizationId, provider, minute, ...none, [outcome]: 1 })
    },
    flush,
    start: wait,
    async stop() {
      clearTimeout(timer)
      timer = undefined
      await flush()
    },
  }
}

function addTo(count: TrafficCount, more: TrafficCount): void {
  count.answered += more.answered
  count.failed += more.failed
  count.unreachable += more.unreachable
  count.latencyMs += more.latencyMs
}
