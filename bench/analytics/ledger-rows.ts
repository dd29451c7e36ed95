import type { BenchSite } from '../support/service'
import { added, eventNames, joinQuarters, makeDay, sumDay, sumNames } from './day-template'
import { cleanTables, loadPartition, loadTable, openLoader, shareTasks, type Task } from './loading'

export const days = 90
/** Quarters and hours older than these are read by no query of a dashboard: its ranges begin at midnight. */
const quarterDays = 8
/** One for each core of a small machine. */
const connections = 2

/**
 * A ledger of one organization, as if so many calls had been reported over 90 days, each day as busy as the other. The sums of a day
 * are computed from its calls; days differ in which agents, keys and tags they know.
 */
export async function writeLedger(connect: BenchSite['connectSuperuser'], organizationId: string, rows: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => openLoader(connect)))
  const [client] = clients
  try {
    for (const tasks of [makeDay(Math.floor(rows / days)), sumDay, joinQuarters]) await shareTasks(clients, tasks)
    const each = [...Array(days).keys()]
    const recent = each.slice(0, quarterDays)
    await shareTasks(clients, [
      writeDays(organizationId, each),
      ...recent.flatMap((day) => [writeSums(organizationId, 'quarter', day), writeSums(organizationId, 'hour', day)]),
      ...each.map((day) => writeEvents(organizationId, day)),
    ])
    await client?.query('TRUNCATE usage_sheet')
    await client?.query(
      `INSERT INTO usage_calendar (organization_id, time_zone) VALUES ('${organizationId}', 'UTC')
       ON CONFLICT (organization_id) DO UPDATE SET laid_out_before = '-infinity'`,
    )
    await client?.query('DROP TABLE bench_day, bench_sums_quarter, bench_sums_hour, bench_sums_day')
  } finally {
    await Promise.all(clients.map((one) => one.end()))
  }
}

/** The zeros before a number: its last digits tell it from the others of its day. */
const renew = (name: string, day: number) => `overlay(${name} placing '${day.toString(36).padStart(2, '0')}' from length(${name}) - 25)`
const backBy = (day: number) => `- interval '${day} days'`
const partitionOf = (table: string, day: number) =>
  `${table}_${new Date(Date.now() - day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '_')}`

const renewed = ['agent_id', 'key_id'] as const

function writeEvents(organizationId: string, day: number): Task {
  const selected = eventNames.map((name) => {
    if (name === 'occurred_at' || name === 'received_at') return `${name} ${backBy(day)}`
    if (name === 'id') return `overlay(id placing '${day.toString(36).padStart(2, '0')}' from 5)`
    if (name === 'tags') return `ARRAY[${renew('tags[1]', day)}]`
    return (renewed as readonly string[]).includes(name) ? renew(name, day) : name
  })
  const partition = partitionOf('usage_event', day)
  const insert = `INSERT INTO ${partition} (organization_id, ${eventNames.join(', ')}) SELECT '${organizationId}', ${selected.join(', ')} FROM bench_day`
  return (client) => loadPartition(client, 'usage_event', partition, insert)
}

const keyColumns = 'dimension, starts_at, value, paired'
const columns = `organization_id, ${keyColumns}, ${sumNames.join(', ')}`

/** The sums of the one day, as those of another. */
function selectSums(organizationId: string, grain: 'quarter' | 'hour' | 'day', day: number): string {
  const value = `CASE WHEN dimension ~ 'agent|key|tag' AND length(value) > 10 THEN ${renew('value', day)} ELSE value END`
  return `SELECT '${organizationId}', dimension, starts_at ${backBy(day)}, ${value}, paired, ${sumNames.join(', ')} FROM bench_sums_${grain}`
}

function writeSums(organizationId: string, grain: 'quarter' | 'hour', day: number): Task {
  const [table, partition] = [`usage_${grain}`, partitionOf(`usage_${grain}`, day)]
  return (client) =>
    loadPartition(client, table, partition, `INSERT INTO ${partition} (${columns}) ${selectSums(organizationId, grain, day)}`)
}

function writeDays(organizationId: string, each: readonly number[]): Task {
  const all = each.map((day) => selectSums(organizationId, 'day', day)).join(' UNION ALL ')
  return async (client) => {
    await loadTable(client, 'usage_day', `INSERT INTO usage_day (${columns}) ${all}`)
    const months = `SELECT organization_id, dimension, date_trunc('month', starts_at, 'UTC') AS month, value, paired, ${added} FROM usage_day`
    await loadTable(
      client,
      'usage_month',
      `INSERT INTO usage_month (${columns}) ${months} GROUP BY organization_id, dimension, month, value, paired`,
    )
    await cleanTables(client, 'usage_day, usage_month')
  }
}
