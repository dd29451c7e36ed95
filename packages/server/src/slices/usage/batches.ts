import { isDatabaseAway } from '../../platform/db'
import { AppError } from '../../platform/errors'
import { readSqlState } from '../../platform/postgres/sql-state'

/** Brings together what arrives at the same time: one transaction per organization and process, and a second one while much waits. */
export interface Batches<Item, Result> {
  /** The results of these items, once they are committed. */
  run(organizationId: string, items: readonly Item[], write: Write<Item, Result>): Promise<Result[]>
  /** Done when nothing waits. */
  drain(): Promise<void>
}

type Write<Item, Result> = (items: readonly Item[]) => Promise<Result[]>

interface Waiting<Item, Result> extends PromiseWithResolvers<Result[]> {
  items: readonly Item[]
  write: Write<Item, Result>
}

interface Queue<Item, Result> {
  waiting: Waiting<Item, Result>[]
  items: number
  writers: number
  isReady: boolean
}

export interface BatchLimits {
  items: number
  /** So many waiting items are worth a second transaction: while the database writes one, this process prepares the other. */
  second: number
  waiting: number
  /** Organizations at a time: the others of the process need connections too. */
  writers: number
}

const usualLimits: BatchLimits = { items: 2_048, second: 500, waiting: 100_000, writers: 8 }
const maximumTogether = 2

export function createBatches<Item, Result>(limits: BatchLimits = usualLimits): Batches<Item, Result> {
  const queues = new Map<string, Queue<Item, Result>>()
  const ready: string[] = []
  const idle: (() => void)[] = []
  let waiting = 0
  let writers = 0

  const wait = (organizationId: string, items: readonly Item[], write: Write<Item, Result>) => {
    const one: Waiting<Item, Result> = { items, write, ...Promise.withResolvers<Result[]>() }
    const queue = queues.get(organizationId) ?? { waiting: [], items: 0, writers: 0, isReady: false }
    queues.set(organizationId, queue)
    queue.waiting.push(one)
    queue.items += items.length
    offer(organizationId, queue)
    return one.promise
  }

  const isDue = (queue: Queue<Item, Result>) =>
    queue.waiting.length > 0 && (queue.writers === 0 || (queue.writers < maximumTogether && queue.items >= limits.second))

  const offer = (organizationId: string, queue: Queue<Item, Result>) => {
    if (queue.isReady || !isDue(queue)) return
    queue.isReady = true
    ready.push(organizationId)
    startWriters()
  }

  const startWriters = () => {
    while (writers < limits.writers) {
      const organizationId = ready.shift()
      const queue = organizationId === undefined ? undefined : queues.get(organizationId)
      if (organizationId === undefined || !queue) return
      writers++
      void writeNext(organizationId, queue)
    }
  }

  /** One batch, then it is the turn of another organization. */
  const writeNext = async (organizationId: string, queue: Queue<Item, Result>) => {
    queue.isReady = false
    queue.writers++
    const batch = takeBatch(queue.waiting, limits.items)
    queue.items -= batch.reduce((sum, { items }) => sum + items.length, 0)
    offer(organizationId, queue)
    await writeTogether(batch)
    writers--
    queue.writers--
    if (queue.waiting.length === 0 && queue.writers === 0) queues.delete(organizationId)
    offer(organizationId, queue)
    startWriters()
    if (queues.size === 0) for (const tell of idle.splice(0)) tell()
  }

  return {
    async run(organizationId, items, write) {
      if (waiting > 0 && waiting + items.length > limits.waiting)
        throw new AppError('unavailable', { message: crowded, retryAfterSeconds: 1 })
      waiting += items.length
      try {
        const parts = Array.from({ length: Math.ceil(items.length / limits.items) }, (_, i) =>
          items.slice(i * limits.items, (i + 1) * limits.items),
        )
        return (await Promise.all(parts.map((part) => wait(organizationId, part, write)))).flat()
      } finally {
        waiting -= items.length
      }
    },
    drain: () => (queues.size === 0 ? Promise.resolve() : new Promise((resolve) => void idle.push(resolve))),
  }
}

const crowded = 'More usage is being reported than can be written right now. Send it again in a moment.'

/** The first that waits, and whoever else fits beside it. */
function takeBatch<Item, Result>(queue: Waiting<Item, Result>[], maximum: number): Waiting<Item, Result>[] {
  let total = 0
  const last = queue.findIndex(({ items }, i) => {
    total += items.length
    return i > 0 && total > maximum
  })
  return queue.splice(0, last === -1 ? queue.length : last)
}

/** What fails in company is tried alone: one that cannot be written fails nobody else. */
async function writeTogether<Item, Result>(batch: readonly Waiting<Item, Result>[]): Promise<void> {
  const [first, second] = batch
  if (!first) return
  try {
    const results = await first.write(batch.flatMap(({ items }) => items))
    let at = 0
    for (const { items, resolve } of batch) {
      resolve(results.slice(at, at + items.length))
      at += items.length
    }
  } catch (error) {
    const isHopeless = isDatabaseAway(error) || readSqlState(error) === statementTimeout
    const isWorthTrying = !isHopeless && (second !== undefined || isLostRace(error))
    for (const one of batch) {
      if (isWorthTrying) await one.write(one.items).then(one.resolve, one.reject)
      else one.reject(error)
    }
  }
}

/** It waited for a ledger that is locked for longer: alone it would wait no less. */
const statementTimeout = '57014'

/** Postgres ended one of two transactions that stood in each other's way. */
const isLostRace = (error: unknown) => readSqlState(error) === '40P01' || readSqlState(error) === '40001'
