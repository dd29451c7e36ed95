import type { SecurityEventKind } from '@keylease/shared/contracts/security-events'
import { newId } from '@keylease/shared/ids'
import type { RequestFacts } from './auth'
import type { Clock } from './clock'
import type { Database } from './db'
import { createFlushLoop, type FlushLoop } from './flush-loop'
import type { Log } from './log'
import type { Metrics } from './metrics'
import { isDatabaseAway } from './postgres/sql-state'
import { type SecurityEventRow, saveSecurityEvents } from './security-event-rows'

export interface SecurityEvent {
  kind: SecurityEventKind
  /** Null while no tenant is known, as for a key that nobody issued. */
  organizationId: string | null
  actor?: { kind: string; id: string; name: string }
  facts: RequestFacts
  resource?: { kind: string; id: string }
  /** Words and numbers of ours: never a secret, nor what a caller sent unchecked. */
  detail?: Record<string, string | number>
}

/** A flush that fails is logged, and what it concerns is kept for the next turn. */
export interface SecurityEvents extends FlushLoop {
  /** Takes note and returns at once. It never throws and never waits. */
  record(event: SecurityEvent): void
}

interface Noted {
  row: SecurityEventRow
  minute: number
  savedCount: number
}

interface Room {
  db: Pick<Database, 'systemPool'>
  clock: Clock
  metrics: Pick<Metrics, 'countSecurityEvent' | 'countDroppedSecurityEvents'>
  log: Log
}

const flushMs = 2_000
const minuteMs = 60_000
const batchRows = 500

/** The same event, by the same caller on the same thing, is one row a minute with a count; memory is bounded and the excess is counted. */
export function createSecurityEvents(room: Room, maximumNoted = 10_000): SecurityEvents {
  const noted = new Map<string, Noted>()

  const record = (event: SecurityEvent) => {
    room.metrics.countSecurityEvent(event.kind)
    const now = room.clock.now()
    const minute = Math.floor(now.getTime() / minuteMs)
    const key = keyOf(event, minute)
    const known = noted.get(key)
    if (!known && noted.size >= maximumNoted) return room.metrics.countDroppedSecurityEvents(1)
    if (known) Object.assign(known.row, { count: known.row.count + 1, lastAt: now, requestId: event.facts.id, detail: event.detail ?? {} })
    else noted.set(key, { row: toRow(event, now), minute, savedCount: 0 })
  }

  const save = async (organizationId: string | null, waiting: Noted[]) => {
    const rows = waiting.map(({ row }) => ({ ...row }))
    const isNew = new Set(waiting.filter((one) => one.savedCount === 0).map(({ row }) => row.id))
    try {
      await saveSecurityEvents(room.db.systemPool, organizationId, rows, isNew)
      waiting.forEach((one, index) => {
        one.savedCount = rows[index]?.count ?? one.savedCount
      })
    } catch (error) {
      if (isDatabaseAway(error)) return
      room.log.error({ err: error }, 'security events could not be written; they are counted as dropped')
      room.metrics.countDroppedSecurityEvents(waiting.reduce((sum, one) => sum + one.row.count - one.savedCount, 0))
      for (const one of waiting) one.savedCount = one.row.count
    }
  }

  const flushOnce = async () => {
    const waiting = [...noted.values()].filter((one) => one.row.count > one.savedCount)
    for (const [organizationId, group] of Map.groupBy(waiting, ({ row }) => row.organizationId)) {
      for (let at = 0; at < group.length; at += batchRows) await save(organizationId, group.slice(at, at + batchRows))
    }
    const minute = Math.floor(room.clock.now().getTime() / minuteMs)
    for (const [key, one] of noted) if (one.minute < minute && one.savedCount === one.row.count) noted.delete(key)
  }
  return { record, ...createFlushLoop(flushMs, flushOnce) }
}

function keyOf({ kind, organizationId, actor, facts, resource }: SecurityEvent, minute: number): string {
  return JSON.stringify([minute, kind, organizationId, actor?.kind, actor?.id, facts.address, resource?.kind, resource?.id])
}

function toRow(event: SecurityEvent, now: Date): SecurityEventRow {
  const { kind, organizationId, actor = null, facts, resource = null, detail = {} } = event
  return {
    id: newId('securityEvent'),
    organizationId,
    kind,
    occurredAt: now,
    lastAt: now,
    count: 1,
    actor: actor && { kind: actor.kind, id: actor.id, name: actor.name },
    resource,
    requestId: facts.id,
    detail,
    personal: { address: facts.address, userAgent: facts.userAgent },
  }
}
