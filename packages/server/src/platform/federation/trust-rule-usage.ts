import type { Principal } from '../auth'
import type { Clock } from '../clock'
import type { Database } from '../db'
import type { Log } from '../log'
import { saveTrustRuleUses, type TrustRuleUse } from './trust-rule-usage-rows'

/** Keeps in memory when each trust rule was last used, and writes it once a second and at a drain. It never slows or fails a request. */
export interface TrustRuleUsage {
  /** A refused request is no use of the rule. */
  note(principal: Principal, status: number, address: string): void
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

const flushMs = 1_000
const maximumPending = 10_000
const refusals = [401, 403, 429]

export function createTrustRuleUsage(db: Pick<Database, 'systemPool'>, clock: Clock, log: Log): TrustRuleUsage {
  let pending = new Map<string, TrustRuleUse & { organizationId: string }>()
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()

  const flushOnce = async () => {
    const taken = Map.groupBy(pending.values(), ({ organizationId }) => organizationId)
    pending = new Map()
    for (const [organizationId, uses] of taken) {
      await saveTrustRuleUses(db.systemPool, organizationId, uses).catch((error: unknown) => {
        log.warn({ err: error }, 'the last use of trust rules could not be saved; their next one is')
      })
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
    note({ kind, id, organizationId, agentId, subject = '' }, status, address) {
      if (kind !== 'workload' || agentId === undefined || refusals.includes(status)) return
      if (pending.size >= maximumPending && !pending.has(id)) return
      pending.set(id, { organizationId, ruleId: id, agentId, usedAt: clock.now(), address, subject })
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
