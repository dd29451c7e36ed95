import { randomUUID } from 'node:crypto'
import type { Deps } from '../../../deps'
import { createListener } from '../../../platform/listen'
import type { LedgerChange } from '../contribution'
import { readMessage, toMessages } from './messages'
import { addChanges, type TeamUsage, type UsageByTeam } from './sums'

/** Tells whoever watches an organization what was written, after it is committed. */
export interface UsageFeed {
  /** Done once it hears the other replicas, or has failed to for the first time. */
  start(): Promise<void>
  stop(): Promise<void>
  announce(organizationId: string, changes: readonly LedgerChange[]): void
  on(listener: UsageListener): void
}

interface UsageListener {
  hear(organizationId: string, teams: readonly TeamUsage[]): void
  /** What other replicas wrote in the meantime was not heard. */
  miss(): void
}

const channel = 'keylease_usage'
const gatherMs = 250

/**
 * What is announced within a quarter of a second is told once: in this process at once, to the others by NOTIFY outside any
 * transaction of the ledger. A message that is lost is a nudge less; the sums themselves are in the database.
 */
export function createUsageFeed({ db, log }: Pick<Deps, 'db' | 'log'>): UsageFeed {
  const sender = randomUUID()
  const listeners: UsageListener[] = []
  const pending = new Map<string, UsageByTeam>()
  let timer: NodeJS.Timeout | undefined
  let telling: Promise<void> = Promise.resolve()
  let hasListened = false

  const hear = (organizationId: string, teams: readonly TeamUsage[]) => {
    for (const listener of listeners) listener.hear(organizationId, teams)
  }
  const tell = async () => {
    const gathered = [...pending].map(([organizationId, sums]) => ({ organizationId, teams: [...sums.values()] }))
    pending.clear()
    for (const { organizationId, teams } of gathered) hear(organizationId, teams)
    const messages = gathered.flatMap(({ organizationId, teams }) => toMessages(sender, organizationId, teams))
    try {
      await db.systemPool.query('SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message', [channel, messages])
    } catch (error) {
      log.debug({ err: error }, 'other replicas were not told of usage; they read it when they are asked')
    }
  }
  // The next gathering begins when the last one is told, so that a slow database never has two of them to tell.
  const tellSoon = () => {
    timer ??= setTimeout(() => {
      telling = tell().finally(() => {
        timer = undefined
        if (pending.size > 0) tellSoon()
      })
    }, gatherMs).unref()
  }
  const wake = (payload?: string) => {
    if (payload === undefined) {
      if (hasListened) for (const listener of listeners) listener.miss()
      hasListened = true
      return
    }
    const message = readMessage(payload)
    if (message && message.sender !== sender) hear(message.organizationId, message.teams)
  }
  const listener = createListener(db, channel, log, wake)

  return {
    start: listener.start,
    async stop() {
      clearTimeout(timer)
      await telling
      if (pending.size > 0) await tell()
      await listener.stop()
    },
    announce(organizationId, changes) {
      if (changes.length === 0) return
      const sums: UsageByTeam = pending.get(organizationId) ?? new Map()
      addChanges(sums, changes)
      pending.set(organizationId, sums)
      tellSoon()
    },
    on: (heard) => void listeners.push(heard),
  }
}
