import { afterEach, expect, test } from 'vitest'
import { findEmbeddedPostgres } from '../../src/platform/postgres/embedded'
import { databaseName } from '../../src/platform/postgres/embedded/credentials'
import { withDatabase } from '../../src/platform/postgres/url'
import { runOnce } from '../database'
import { createHolder, type LeaseHolder, takeLease } from '../lease-holder'
import { readSuperuserUrl } from '../postgres'
import { testSize } from '../size'
import { createIngestClient, type IngestClient } from './ingest-client'
import { createServiceRunner, killHard, postmasterPid, type ServiceProcess, sendJson } from './service'

const runner = createServiceRunner()
const token = 'process-test-token-of-32-characters-or-more'
const stops: AbortController[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort()
})

const variablesOf = (dataDir: string) => ({ KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token })
const start = (dataDir: string) => runner.up(variablesOf(dataDir))

/** What the tests of leases ask of the app, asked of the process. */
const ask = (url: string) => ({
  token,
  request: (_: string, path: string, options: { token?: string | null; body?: unknown } = {}) =>
    sendJson(`${url}${path}`, options.token ?? token, options.body),
})

interface Sums {
  calls: number
  nanos: string
}

function read<Row extends object>(dataDir: string, sql: string): Promise<Row[]> {
  const found = findEmbeddedPostgres(dataDir)
  if (!found) throw new Error('no Postgres runs')
  return runOnce(withDatabase(readSuperuserUrl(dataDir, found.url), databaseName), sql).then(({ rows }) => rows)
}

async function expectKept(dataDir: string, { acknowledged }: IngestClient): Promise<void> {
  const rows = await read<{ key: string; nanos: string }>(
    dataDir,
    `SELECT lease_id || '/' || sequence AS key, cost_nanos::text AS nanos FROM usage_event`,
  )
  const ledger = new Map(rows.map(({ key, nanos }) => [key, nanos]))
  expect([...acknowledged].filter(([key, nanos]) => ledger.get(key) !== String(nanos))).toEqual([])
}

const toSums = (calls: ReadonlyMap<string, bigint>): Sums => ({
  calls: calls.size,
  nanos: String([...calls.values()].reduce((sum, nanos) => sum + nanos, 0n)),
})

async function expectSums(dataDir: string, sums: Sums): Promise<void> {
  const totals = (table: string) =>
    `SELECT sum(calls)::integer AS calls, sum(cost_nanos)::text AS nanos FROM ${table} WHERE dimension = 'total'`
  expect(await read(dataDir, 'SELECT count(*)::integer AS calls, sum(cost_nanos)::text AS nanos FROM usage_event')).toEqual([sums])
  expect(await read(dataDir, totals('usage_day'))).toEqual([sums])
  expect(await read(dataDir, totals('usage_quarter'))).toEqual([sums])
}

/** Under load: the service goes away, or its Postgres does and the service carries on. */
async function crash(kind: 'service' | 'postgres', dataDir: string, service: ServiceProcess, client: IngestClient): Promise<void> {
  const stop = new AbortController()
  stops.push(stop)
  const sending = client.send(await service.url, stop.signal)
  const early = sending.then(() => Promise.reject(new Error('the service went away before it was killed')))
  early.catch(() => undefined)
  await Promise.race([client.acknowledges(5 + Math.floor(Math.random() * 20)), early])
  if (kind === 'postgres') {
    process.kill(postmasterPid(dataDir), 'SIGKILL')
    await Promise.race([client.acknowledges(5), early])
    stop.abort()
  } else {
    await killHard(service.child)
  }
  await sending
}

const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value)

const crashes = [...times(testSize(2, 50), 'service' as const), ...times(testSize(1, 20), 'postgres' as const)]
const patienceMs = 60_000 + 20_000 * crashes.length

test(
  'what was acknowledged is in the ledger and in the sums once, however often service and Postgres are killed',
  async () => {
    const dataDir = runner.newDataDir()
    let service = start(dataDir)
    const holder: LeaseHolder = await createHolder(ask(await service.url))
    const client = createIngestClient(holder.token)
    for (const kind of crashes) {
      client.useLease((await takeLease(ask(await service.url), holder)).id)
      await crash(kind, dataDir, service, client)
      if (kind === 'service') service = start(dataDir)
      await service.url
      await expectKept(dataDir, client)
    }
    await client.settle(await service.url)
    await expectKept(dataDir, client)
    expect(client.acknowledged.size).toBeGreaterThan(100)
    await expectSums(dataDir, toSums(client.acknowledged))
    const recount = await runner.run(['recount'], variablesOf(dataDir)).exited
    expect([recount.code, recount.stdout]).toEqual([0, expect.stringContaining('sums equal the ledger')])
  },
  patienceMs,
)
