import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { makeFacts, makeLease, makeRecord } from '../packages/sdk/test/calls'
import { toExportJson } from '../packages/sdk/test/otlp-json'
import { measureToFile } from './collector/to-file'
import { quantile, round } from './support/load'
import { type ExportBody, toProtobuf } from './support/otlp-protobuf'
import { readTreeCpuSeconds } from './support/processes'
import { reportBench } from './support/report'
import { type BenchSite, openSite, type RunningService } from './support/service'

const spansPerBody = 512
const connections = 12
const seconds = Number(process.env['KEYLEASE_BENCH_SECONDS'] ?? 15)
const spansPerRun = seconds * 22_000
const agents = 20
const models = ['gpt-5-mini', 'gpt-5', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gemini-2.5-flash']

interface Holder {
  token: string
  leaseId: string
}

interface Batch {
  token: string
  body: Buffer
  spans: number
}

const forms = {
  'JSON, gzip': { type: 'application/json', coding: 'gzip', encode: (json: string) => gzipSync(json, { level: 1 }) },
  'protobuf, gzip (our SDK sends the same with zstd)': {
    type: 'application/x-protobuf',
    coding: 'gzip',
    encode: (json: string) => gzipSync(toProtobuf(JSON.parse(json) as ExportBody), { level: 1 }),
  },
  'protobuf, plain': {
    type: 'application/x-protobuf',
    coding: null,
    encode: (json: string) => toProtobuf(JSON.parse(json) as ExportBody),
  },
} as const
type Form = (typeof forms)[keyof typeof forms]
type Superuser = Awaited<ReturnType<BenchSite['connectSuperuser']>>

const site = await openSite()
try {
  const service = await site.start()
  const postgres = await site.connectSuperuser()
  const rows: Record<string, unknown>[] = []
  for (const [name, form] of Object.entries(forms)) rows.push(await measureForm(site, service, postgres, name, form))
  const copy = await measureCopy(postgres)
  await postgres.end()
  reportBench('ingest', [
    ...rows.map((row) => ({ ...row, ratioToCopy: round(Number(row['spansPerSecond']) / copy.rowsPerSecond) })),
    { what: 'COPY as owner into an identical table without row security', spansPerSecond: Math.round(copy.rowsPerSecond) },
    ...(await measureCollector(site, service)),
  ])
} finally {
  await site.close()
}

async function measureForm(at: BenchSite, service: RunningService, postgres: Superuser, what: string, form: Form) {
  const batches = await createBatches(at, service, form)
  await sendAll(service, batches.splice(0, 8), form) // warm
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
    const batches = await createBatches(at, service, form)
    rows.push(await measureToFile(name, batches, (url, some) => sendAll({ ...service, url }, some, form)))
  }
  return rows
}

async function createBatches(at: BenchSite, service: RunningService, form: Form): Promise<Batch[]> {
  const holders = await Promise.all(Array.from({ length: agents }, (_, i) => createHolder(at, service, i)))
  const leases = holders.map(({ leaseId }) => makeLease(leaseId))
  return Array.from({ length: Math.ceil(spansPerRun / spansPerBody) }, (_, i) => {
    const holder = holders[i % agents]
    const lease = leases[i % agents]
    if (!holder || !lease) throw new Error('there is no holder')
    const records = Array.from({ length: spansPerBody }, (_, j) => {
      const startedAtMs = Date.now() - 200 - Math.random() * 60_000
      const entry = { lease, sequence: lease.nextSequence(), startedAtMs }
      const facts = makeFacts({ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') })
      const record = makeRecord(entry, facts, { endedAtMs: startedAtMs + 20 + Math.random() * 3_000 })
      const model = models[(i + j) % models.length] ?? null
      return {
        ...record,
        reading: { ...record.reading, model, reportedNanos: null, responseId: `chatcmpl-${randomBytes(12).toString('hex')}` },
      }
    })
    return {
      token: holder.token,
      spans: records.length,
      body: form.encode(toExportJson(records, { name: '@keylease/sdk', version: '0.1.0' })),
    }
  })
}

async function createHolder({ token }: BenchSite, { url }: RunningService, i: number): Promise<Holder> {
  const post = async <T>(path: string, body: object, as = token): Promise<T> => {
    const headers = { authorization: `Bearer ${as}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (answer.status !== 201) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const { id: projectId } = await post<{ id: string }>('/api/v1/projects', { name: `project-${i % 5}` })
  const { id: agentId } = await post<{ id: string }>('/api/v1/agents', { name: `agent-${i}`, projectId })
  const secret = `sk-proj-${randomBytes(36).toString('base64url')}`
  const { id: keyId } = await post<{ id: string }>('/api/admin/api-keys', { provider: 'openai', name: `key-${i}`, key: secret })
  await post('/api/v1/grants', { agentId, keyId })
  const platformKey = { name: 'bot', scopes: ['lease'], agentId }
  const { key } = await post<{ key: string }>('/api/v1/platform/api-keys', platformKey)
  const { id: leaseId } = await post<{ id: string }>('/v1/leases', { provider: 'openai' }, key)
  return { token: key, leaseId }
}

/** Closed loop: as many at a time as there are connections, the next when one is acknowledged. */
async function sendAll({ url }: RunningService, batches: readonly Batch[], form: Form) {
  const latencies: number[] = []
  let acknowledged = 0
  let next = 0
  const send = async () => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      const headers: Record<string, string> = { authorization: `Bearer ${batch.token}`, 'content-type': form.type }
      if (form.coding) headers['content-encoding'] = form.coding
      const started = performance.now()
      const answer = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(batch.body) })
      const told = await answer.text()
      if (answer.status !== 200 || told.includes('rejected')) throw new Error(`a batch was answered ${answer.status} ${told}`)
      latencies.push(performance.now() - started)
      acknowledged += batch.spans
    }
  }
  await Promise.all(Array.from({ length: connections }, send))
  return { acknowledged, latencies }
}

async function countLedger(postgres: Superuser): Promise<{ events: number; calls: number }> {
  const { rows } = await postgres.query<{ events: number; calls: number }>(
    `SELECT (SELECT count(*) FROM usage_event)::float8 AS events,
       (SELECT coalesce(sum(calls), 0) FROM usage_day WHERE dimension = 'total')::float8 AS calls`,
  )
  return rows[0] ?? { events: 0, calls: 0 }
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
    await postgres.query('CHECKPOINT')
    const started = performance.now()
    await postgres.query(`COPY bench_copy FROM '${file}'`)
    rates.push(((rows ?? 0) / (performance.now() - started)) * 1_000)
    await postgres.query('DROP TABLE bench_copy')
  }
  return { rowsPerSecond: quantile(rates, 0.5) }
}
