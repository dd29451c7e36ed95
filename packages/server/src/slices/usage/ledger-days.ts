import type pg from 'pg'
import type { Deps } from '../../deps'
import { ensurePartition } from '../../platform/postgres/partitions'
import type { UsageReport } from './event'
import { retainedTables } from './retained'

const dayMs = 86_400_000
/** By database: days whose partitions this process has seen, by how many there are since 1970. */
const knownDays = new WeakMap<pg.Pool, Set<number>>()

/**
 * Events arrive for days whose partitions were never needed: days behind are made when the first event of one comes. So is the day
 * before, where its local day may begin: a day that begins before the oldest partition is one that retention has cut.
 */
export async function ensureDays({ db }: Pick<Deps, 'db'>, reports: readonly UsageReport[]): Promise<void> {
  const known = knownDays.get(db.ownerPool) ?? new Set()
  knownDays.set(db.ownerPool, known)
  let last = Number.NaN
  for (const { occurredAt } of reports) {
    const day = Math.floor(occurredAt.getTime() / dayMs)
    if (day === last) continue
    last = day
    if (known.has(day)) continue
    for (const offset of [-1, 0]) {
      for (const table of retainedTables) await ensurePartition(db.ownerPool, table, occurredAt, offset)
    }
    known.add(day)
  }
}
