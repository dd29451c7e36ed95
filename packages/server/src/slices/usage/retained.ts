import type pg from 'pg'
import type { Deps } from '../../deps'
import { listPartitions } from '../../platform/postgres/partitions'

type Room = Pick<Deps, 'db' | 'clock' | 'env'>

const dayMs = 86_400_000
/** Partitioned by days, which go when their retention is over. */
export const retainedTables = ['usage_event', 'usage_quarter', 'usage_hour'] as const

/** Whole days in UTC before this one are past their retention. */
const findCutoff = ({ clock, env }: Room): Date =>
  new Date(Math.floor(clock.now().getTime() / dayMs) * dayMs - env.usageRetentionDays * dayMs)

/** Partitions that hold nothing but what is past its retention. */
export async function listExpiredPartitions(deps: Room): Promise<{ table: (typeof retainedTables)[number]; partition: string }[]> {
  const cutoff = findCutoff(deps)
  const kept = await Promise.all(retainedTables.map(async (table) => ({ table, days: await listPartitions(deps.db.ownerPool, table) })))
  return kept.flatMap(({ table, days }) => days.filter(({ to }) => to <= cutoff).map(({ partition }) => ({ table, partition })))
}

/** From when on the ledger and its quarters are whole: what was dropped before, under a shorter retention, stays dropped. */
export async function findRetainedFrom(deps: Room): Promise<Date> {
  const starts = await Promise.all(retainedTables.map((table) => findOldest(deps.db.ownerPool, table)))
  return new Date(Math.max(findCutoff(deps).getTime(), ...starts))
}

async function findOldest(pool: pg.Pool, table: (typeof retainedTables)[number]): Promise<number> {
  const [oldest] = await listPartitions(pool, table)
  return oldest?.from.getTime() ?? 0
}
