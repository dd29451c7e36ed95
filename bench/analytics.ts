import { loadavg } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { ensurePartition } from '../packages/server/src/platform/postgres/partitions'
import { layOutDays } from '../packages/server/src/slices/usage/sheets/service'
import { days, writeLedger } from './analytics/ledger-rows'
import { type Client, cleanTables } from './analytics/loading'
import { listQueries } from './analytics/queries'
import { quantile, round } from './support/load'
import { reportBench } from './support/report'
import { openSite, type RunningService } from './support/service'

/** 100,000,000 rows take some ten minutes and 60 GB: they are written where they are asked for. */
const sizes = (process.env['KEYLEASE_BENCH_ROWS'] ?? '1000000,10000000').split(',').map(Number)
const rounds = 25
const warmRounds = 2

const site = await openSite()
try {
  const service = await site.start()
  const deps = await site.openDeps()
  const { rows: organizations } = await deps.db.systemPool.query<{ id: string }>('SELECT id FROM organization')
  const organizationId = organizations[0]?.id ?? ''
  for (const table of ['usage_event', 'usage_quarter', 'usage_hour'] as const) {
    for (let day = 0; day < days; day++) await ensurePartition(deps.db.ownerPool, table, new Date(), -day)
  }
  const client = await site.connectSuperuser()
  const rows: Record<string, unknown>[] = [
    { what: `each query is asked ${warmRounds} times before it counts, so that Postgres holds what it reads` },
  ]
  try {
    for (const calls of sizes) {
      const started = performance.now()
      await writeLedger(site.connectSuperuser, organizationId, calls)
      const writtenSeconds = Math.round((performance.now() - started) / 1_000)
      console.log(`${calls} calls are written after ${writtenSeconds} s`)
      const laidOutSeconds = await layOutAll(deps)
      await settle(client)
      const { rows: agents } = await client.query<{ value: string }>(
        `SELECT value FROM usage_day WHERE dimension = 'agent' AND length(value) > 10 ORDER BY starts_at DESC, value LIMIT 1`,
      )
      const queries = listQueries(new Date(), agents[0]?.value ?? '')
      rows.push({ calls, what: 'written', seconds: writtenSeconds, loadAverage: round(loadavg()[0] ?? 0) })
      rows.push({ calls, what: 'days laid out to be ranked, as the service does once they are over', seconds: laidOutSeconds })
      for (const [cardinality, some] of Object.entries(queries))
        rows.push(...(await measureQueries(service, site.token, calls, cardinality, some)))
      rows.push(await measureRaw(client, organizationId, calls))
    }
  } finally {
    await client.end()
    await deps.db.close()
  }
  reportBench('analytics', [...rows, ...toRatios(rows)])
} finally {
  await site.close()
}

async function layOutAll(of: Parameters<typeof layOutDays>[0]): Promise<number> {
  const started = performance.now()
  while ((await layOutDays(of)) > 0);
  return round((performance.now() - started) / 1_000)
}

/** What was just written has been cleaned and lies on its disk: questions are not measured against the end of their own loading. */
async function settle(client: Client): Promise<void> {
  await cleanTables(client, 'usage_sheet, usage_calendar')
  await client.query('CHECKPOINT')
  for (;;) {
    const { rows } = await client.query(`SELECT 1 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'`)
    if (rows.length === 0) return
    await setTimeout(1_000)
  }
}

async function measureQueries({ url }: RunningService, token: string, calls: number, cardinality: string, queries: Record<string, string>) {
  const times = new Map(Object.keys(queries).map((name) => [name, [] as number[]]))
  const answerBytes = new Map<string, number>()
  for (let round = 0; round < rounds + warmRounds; round++) {
    for (const [name, path] of Object.entries(queries)) {
      const started = performance.now()
      const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status} ${text}`)
      if (round >= warmRounds) times.get(name)?.push(performance.now() - started)
      answerBytes.set(name, text.length)
    }
  }
  const all = [...times.values()].flat()
  const toRow = (what: string, figures: readonly number[]) => ({
    calls,
    cardinality,
    what,
    p50Ms: round(quantile(figures, 0.5)),
    p95Ms: round(quantile(figures, 0.95)),
  })
  return [
    ...[...times].map(([name, figures]) => ({ ...toRow(name, figures), answerBytes: answerBytes.get(name) })),
    toRow('all of them', all),
  ]
}

/** What the same answer costs from the calls themselves. */
async function measureRaw(client: { query(sql: string): Promise<unknown> }, organizationId: string, calls: number) {
  const started = performance.now()
  await client.query(`SELECT response_model, count(*), sum(cost_nanos), sum(input_uncached), sum(output_text) FROM usage_event
    WHERE organization_id = '${organizationId}' AND occurred_at >= now() - interval '30 days' GROUP BY 1`)
  return { calls, cardinality: 'low', what: 'models over 30 days by raw GROUP BY', p50Ms: round(performance.now() - started) }
}

/** Of the largest size to the smallest, of each query and of all of them. */
function toRatios(rows: readonly Record<string, unknown>[]) {
  const measured = rows.filter(({ p95Ms }) => p95Ms !== undefined)
  return [...Map.groupBy(measured, ({ cardinality, what }) => `${cardinality}: ${what}`)].flatMap(([what, some]) => {
    const [first, last] = [some.at(0), some.at(-1)]
    if (!first || !last || first === last) return []
    const ratio = Number(last['p95Ms']) / Number(first['p95Ms'])
    return [{ what: `p95 at ${last['calls']} calls ÷ p95 at ${first['calls']}, ${what}`, ratio: Number(ratio.toPrecision(3)) }]
  })
}
