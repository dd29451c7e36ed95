import { measureToFile } from './collector/to-file'
import { createBatches, createHolders, type Form, forms } from './ingest/batches'
import { countLedger } from './ingest/ledger'
import { sendAll } from './ingest/sending'
import { fillLog } from './support/fill-log'
import { quantile, round } from './support/load'
import { readTreeCpuSeconds } from './support/processes'
import { reportBench } from './support/report'
import { type BenchSite, openSite, type RunningService, type Superuser } from './support/service'

const seconds = Number(process.env['KEYLEASE_BENCH_SECONDS'] ?? 15)
const spansPerRun = seconds * 22_000

const site = await openSite()
try {
  const service = await site.start()
  const postgres = await site.connectSuperuser()
  const rows: Record<string, unknown>[] = []
  for (const [name, form] of Object.entries(forms)) rows.push(await measureForm(site, service, postgres, name, form))
  const copy = await measureCopy(postgres)
  await postgres.end()
  reportBench('ingest', [
    { what: 'before each form and each COPY the log of Postgres was filled, so that all of them write over files of it that are there' },
    ...rows.map((row) => ({ ...row, ratioToCopy: round(Number(row['spansPerSecond']) / copy.rowsPerSecond) })),
    { what: 'COPY as owner into an identical table without row security', spansPerSecond: Math.round(copy.rowsPerSecond) },
    ...(await measureCollector(site, service)),
  ])
} finally {
  await site.close()
}

async function measureForm(at: BenchSite, service: RunningService, postgres: Superuser, what: string, form: Form) {
  const batches = createBatches(await createHolders(at, service), spansPerRun, form)
  await sendAll(service, batches.splice(0, 8), form) // warm
  await fillLog(postgres)
  const before = await countLedger(postgres)
  const cpu = { service: readTreeCpuSeconds(service.pid), postgres: readTreeCpuSeconds(at.postgresPid) }
  const started = performance.now()
  const { acknowledged, latencies } = await sendAll(service, batches, form)
  const elapsed = (performance.now() - started) / 1_000
  const used = { service: readTreeCpuSeconds(service.pid) - cpu.service, postgres: readTreeCpuSeconds(at.postgresPid) - cpu.postgres }
  // Every tenth again: what is acknowledged twice must count once.
  await sendAll(
    service,
    batches.filter((_, i) => i % 10 === 0),
    form,
  )
  const after = await countLedger(postgres)
  return {
    what,
    spansPerSecond: Math.round(acknowledged / elapsed),
    serviceMicrosecondsPerSpan: round((used.service / acknowledged) * 1e6),
    postgresMicrosecondsPerSpan: round((used.postgres / acknowledged) * 1e6),
    acknowledgeP50Ms: Math.round(quantile(latencies, 0.5)),
    acknowledgeP99Ms: Math.round(quantile(latencies, 0.99)),
    serviceMegabytes: Math.round(service.readRss() / 2 ** 20),
    acknowledged,
    lostOrDoubled: after.events - before.events - acknowledged,
    sumsOff: after.calls - after.events,
  }
}

/** The same bodies in the same closed loop, of each form. */
async function measureCollector(at: BenchSite, service: RunningService): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for (const [name, form] of Object.entries(forms)) {
    const batches = createBatches(await createHolders(at, service), spansPerRun, form)
    rows.push(await measureToFile(name, batches, (url, some) => sendAll({ ...service, url }, some, form)))
  }
  return rows
}

/** The rows that were just written, from a file and into a table with the same columns, partitions and key, in one go. */
async function measureCopy(postgres: Superuser): Promise<{ rowsPerSecond: number }> {
  const { rows: partitions } = await postgres.query<{ name: string; range: string }>(
    `SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS range
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'usage_event'::regclass`,
  )
  const { rows: directories } = await postgres.query<{ data_directory: string }>('SHOW data_directory')
  const file = `${directories[0]?.data_directory}/bench-copy`
  const rates: number[] = []
  const { rowCount: rows } = await postgres.query(`COPY (SELECT * FROM usage_event) TO '${file}'`)
  for (let round = 0; round < 3; round++) {
    await postgres.query('CREATE TABLE bench_copy (LIKE usage_event INCLUDING ALL) PARTITION BY RANGE (occurred_at)')
    for (const { name, range } of partitions) await postgres.query(`CREATE TABLE bench_${name} PARTITION OF bench_copy ${range}`)
    await fillLog(postgres)
    const started = performance.now()
    await postgres.query(`COPY bench_copy FROM '${file}'`)
    rates.push(((rows ?? 0) / (performance.now() - started)) * 1_000)
    await postgres.query('DROP TABLE bench_copy')
  }
  return { rowsPerSecond: quantile(rates, 0.5) }
}
