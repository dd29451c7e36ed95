import type { Database } from './db'
import { type LeaseUseRow, saveLeaseUse } from './lease-use-rows'
import type { Log } from './log'

/** When leases and keys were last used: kept in memory and saved once a second, and at a drain. */
export interface LeaseUse {
  record(use: LeaseUseRow & { organizationId: string }): void
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

const flushMs = 1_000
const maximumPending = 100_000

export function createLeaseUse(db: Pick<Database, 'systemPool'>, log: Log): LeaseUse {
  let pending = new Map<string, LeaseUseRow & { organizationId: string }>()
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()

  const record: LeaseUse['record'] = (use) => {
    const known = pending.get(use.leaseId)
    if (known ? known.usedAt < use.usedAt : pending.size < maximumPending) pending.set(use.leaseId, use)
  }
  const flushOnce = async () => {
    const taken = Map.groupBy(pending.values(), ({ organizationId }) => organizationId)
    pending = new Map()
    for (const [organizationId, uses] of taken) {
      try {
        await saveLeaseUse(db.systemPool, organizationId, uses)
      } catch (error) {
        log.warn({ err: error }, 'the last use of leases could not be saved; it is tried again in a second')
        for (const use of uses) record(use)
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
    record,
    flush,
    start: wait,
    async stop() {
      clearTimeout(timer)
      timer = undefined
      await flush()
    },
  }
}
