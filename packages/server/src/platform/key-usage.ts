import type { Principal } from './auth'
import type { Clock } from './clock'
import type { Database } from './db'
import type { FlushLoop } from './flush-loop'
import { addKeyUsage, type KeyUsageCount } from './key-usage-rows'
import type { Log } from './log'
import { createTenantBuffer } from './tenant-buffer'

/**
 * Counts in memory what each platform key did and adds it to the tables once a second, and at a drain. It never slows or
 * fails a request; a process that is killed loses at most the last second of counts.
 */
export interface KeyUsage extends FlushLoop {
  /** `address` is where the request came from; a refused request counts, and is no use of the key. */
  count(principal: Principal, status: number, address: string): void
}

const refusals = [401, 403, 429]

export function createKeyUsage(db: Pick<Database, 'systemPool'>, clock: Clock, log: Log): KeyUsage {
  const { add, ...loop } = createTenantBuffer<KeyUsageCount>({
    log,
    maximumPending: 50_000,
    merge: addUp,
    save: (organizationId, counts) => addKeyUsage(db.systemPool, organizationId, counts),
    failure: 'the use of platform keys could not be saved; it is tried again in a second',
  })
  return {
    ...loop,
    count(principal, status, address) {
      if (principal.kind !== 'platform-key') return
      const count = toCount(principal, status, address, clock.now())
      add(principal.organizationId, `${count.keyId} ${count.day}`, count)
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

function addUp(count: KeyUsageCount, more: KeyUsageCount): KeyUsageCount {
  const isNewer = more.usedAt !== null && (count.usedAt === null || count.usedAt <= more.usedAt)
  const { usedAt, usedAddress } = isNewer ? more : count
  return {
    ...count,
    requests: count.requests + more.requests,
    errors: count.errors + more.errors,
    refusals: count.refusals + more.refusals,
    usedAt,
    usedAddress,
  }
}
