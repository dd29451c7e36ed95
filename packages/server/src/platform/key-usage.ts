import type { Principal } from './auth'
import type { Clock } from './clock'
import type { Database } from './db'
import { addKeyUsage, type KeyUsageCount } from './key-usage-rows'
import type { Log } from './log'

/**
 * Counts in memory what each platform key did and adds it to the tables once a second, and at a drain. It never slows or
 * fails a request; a process that is killed loses at most the last second of counts.
 */
export interface KeyUsage {
  /** `address` is where the request came from; a refused request counts, and is no use of the key. */
  count(principal: Principal, status: number, address: string): void
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

const flushMs = 1_000
const maximumPending = 50_000
const refusals = [401, 403, 429]

export function createKeyUsage(db: Pick<Database, 'systemPool'>, clock: Clock, log: Log): KeyUsage {
  let pending = new Map<string, { organizationId: string; count: KeyUsageCount }>()
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()

  const add = (organizationId: string, more: KeyUsageCount) => {
    const name = `${more.keyId} ${more.day}`
    const count = pending.get(name)?.count
    if (count) addTo(count, more)
    else if (pending.size < maximumPending) pending.set(name, { organizationId, count: { ...more } })
  }

  const flushOnce = async () => {
    const taken = Map.groupBy(pending.values(), ({ organizationId }) => organizationId)
    pending = new Map()
    for (const [organizationId, entries] of taken) {
      const counts = entries.map(({ count }) => count)
      try {
        await addKeyUsage(db.systemPool, organizationId, counts)
      } catch (error) {
        log.warn({ err: error }, 'the use of platform keys could not be saved; it is tried again in a second')
        for (const count of counts) add(organizationId, count)
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
    count(principal, status, address) {
      if (principal.kind !== 'platform-key') return
      add(principal.organizationId, toCount(principal, status, address, clock.now()))
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

function toCount(principal: Principal, status: number, address: string, now: Date): KeyUsageCount {
  const isRefused = refusals.includes(status)
  return {
    keyId: principal.id,
    agentId: principal.agentId ?? null,
    day: now.toISOString().slice(0, 10),
    requests: 1,
    errors: status >= 400 && !isRefused ? 1 : 0,
    refusals: isRefused ? 1 : 0,
    usedAt: isRefused ? null : now,
    usedAddress: isRefused ? null : address,
  }
}

function addTo(count: KeyUsageCount, more: KeyUsageCount): void {
  count.requests += more.requests
  count.errors += more.errors
  count.refusals += more.refusals
  if (more.usedAt === null || (count.usedAt !== null && count.usedAt > more.usedAt)) return
  count.usedAt = more.usedAt
  count.usedAddress = more.usedAddress
}
