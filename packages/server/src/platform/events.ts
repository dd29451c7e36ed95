import type pg from 'pg'
import { type Change, createChangeFeed } from './change-feed'
import type { Clock } from './clock'
import type { Database } from './db'
import { createListener } from './listen'
import type { Log } from './log'
import type { Tx } from './tenancy'

export interface NewChange {
  organizationId: string
  kind: string
  payload?: Record<string, unknown>
}

export interface Events {
  start(): Promise<void>
  stop(): Promise<void>
  /** Hears changes of one kind in any organization. `reload` means that some may be missed: forget what was read before. */
  on(kind: 'reload', handler: () => unknown): () => void
  on(kind: string, handler: (change: Change) => unknown): () => void
  /** How long ago the table was last read. */
  lagMs(): number
}

const channel = 'keylease_change'
const pollMs = 1_000
const reload: Change = { id: '0', organizationId: '', kind: 'reload', payload: {} }

/** Writes what changed in the transaction that changes it; every replica hears of it once that commits. */
export async function recordChange(tx: Tx, change: NewChange): Promise<void> {
  await tx.$executeRaw`
    WITH written AS (
      INSERT INTO change (organization_id, kind, payload) VALUES (${change.organizationId}, ${change.kind}, ${toJson(change)}::jsonb)
    )
    SELECT pg_notify(${channel}, '')`
}

/** The same on a plain connection that is inside its tenant's transaction. */
export async function recordChangeSql(client: pg.ClientBase, change: NewChange): Promise<void> {
  await client.query(
    `WITH written AS (INSERT INTO change (organization_id, kind, payload) VALUES ($1, $2, $3::jsonb)) SELECT pg_notify($4, '')`,
    [change.organizationId, change.kind, toJson(change), channel],
  )
}

const toJson = (change: NewChange) => JSON.stringify(change.payload ?? {})

/** One feed of all changes: NOTIFY makes it fast, a poll each second heals what NOTIFY loses. */
export function createEvents(db: Pick<Database, 'systemPool' | 'connectDirect'>, clock: Clock, log: Log): Events {
  const feed = createChangeFeed(db.systemPool, clock)
  const { on, emit } = createSubscriptions(log)
  let failing = false

  const read = async () => {
    try {
      const { missed, changes } = await feed.read()
      if (failing) log.info('the change feed is back')
      failing = false
      for (const change of missed ? [reload, ...changes] : changes) emit(change)
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the change feed cannot be read; it tries again each second')
      failing = true
    }
  }

  const loop = createWakeLoop(read)
  const listener = createListener(db, channel, log, loop.wake)
  return {
    async start() {
      await loop.start()
      void listener.start()
    },
    async stop() {
      await listener.stop()
      await loop.stop()
    },
    on,
    lagMs: () => Math.max(0, clock.now().getTime() - feed.readAt().getTime()),
  }
}

/** Runs `turn` each second and when woken, one at a time; a wake during a turn runs one more, whose snapshot is newer. */
function createWakeLoop(turn: () => Promise<void>): { start(): Promise<void>; stop(): Promise<void>; wake(): void } {
  let running = false
  let wanted = false
  let current: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const run = async () => {
    while (wanted && running) {
      wanted = false
      await turn()
    }
    current = undefined
    clearTimeout(timer)
    if (running) timer = setTimeout(wake, pollMs)
  }
  const wake = () => {
    if (!running) return
    wanted = true
    current ??= run()
  }

  return {
    async start() {
      running = true
      wake()
      await current
    },
    async stop() {
      running = false
      clearTimeout(timer)
      await current
    },
    wake,
  }
}

function createSubscriptions(log: Log): { on: Events['on']; emit(change: Change): void } {
  const handlers = new Map<string, Set<(change: Change) => unknown>>()
  return {
    on(kind: string, handler: (change: Change) => unknown) {
      const known = handlers.get(kind) ?? new Set()
      handlers.set(kind, known.add(handler))
      return () => void known.delete(handler)
    },
    emit(change) {
      for (const handler of handlers.get(change.kind) ?? []) {
        // An async function makes a throw and a rejection one; neither may stop the feed.
        void (async () => handler(change))().catch((error: unknown) =>
          log.error({ err: error, kind: change.kind }, 'a change handler failed'),
        )
      }
    },
  }
}
