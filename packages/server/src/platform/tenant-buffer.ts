import { createFlushLoop, type FlushLoop } from './flush-loop'
import type { Log } from './log'

/** What is kept in memory by name and written per organization once a second. */
export interface TenantBuffer<Item> extends FlushLoop {
  /** Joins what waits under the name; beyond the limit, what is new is not kept. */
  add(organizationId: string, name: string, item: Item): void
}

interface Buffering<Item> {
  log: Log
  maximumPending: number
  merge(known: Item, more: Item): Item
  save(organizationId: string, items: Item[]): Promise<void>
  /** What is said when it could not be written; it waits for the next turn. */
  failure: string
}

interface Pending<Item> {
  organizationId: string
  name: string
  item: Item
}

const everyMs = 1_000

export function createTenantBuffer<Item>({ log, maximumPending, merge, save, failure }: Buffering<Item>): TenantBuffer<Item> {
  let pending = new Map<string, Pending<Item>>()

  const add: TenantBuffer<Item>['add'] = (organizationId, name, item) => {
    const key = `${organizationId} ${name}`
    const known = pending.get(key)
    if (known) known.item = merge(known.item, item)
    else if (pending.size < maximumPending) pending.set(key, { organizationId, name, item })
  }
  const flushOnce = async () => {
    const taken = Map.groupBy(pending.values(), ({ organizationId }) => organizationId)
    pending = new Map()
    for (const [organizationId, entries] of taken) {
      try {
        await save(
          organizationId,
          entries.map(({ item }) => item),
        )
      } catch (error) {
        log.warn({ err: error }, failure)
        for (const { name, item } of entries) add(organizationId, name, item)
      }
    }
  }
  return { add, ...createFlushLoop(everyMs, flushOnce) }
}
