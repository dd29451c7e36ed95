import { generateKeyPairSync } from 'node:crypto'
import { loadavg } from 'node:os'
import type { Deps } from '../../packages/server/src/deps'
import { openKeepAlive, toRequest } from '../support/keep-alive'
import { countPerSecond, measureOpenLoop, quantile, round } from '../support/load'
import { median } from '../support/measure'
import { readTreeCpuSeconds } from '../support/processes'
import type { BenchRoom } from './agents'
import { openSql, sqlTool } from './sql'

const connections = 16
const rounds = 3
const roundMs = 3_000
const openLoop = { perSecond: 1_000, seconds: 20, workers: 64 }
/** The shortest: what the bench leases stays under the limit of its agents. */
const ttlSeconds = 30

interface Site {
  service: { url: string; pid: number }
  postgresPid: number
  deps: Deps
}

/** Issuing over HTTP against the same call of the database without anything around it, in turns. */
export async function measureIssue({ service, postgresPid, deps }: Site, room: BenchRoom, grantId: string) {
  const { url, pid: servicePid } = service
  const countSql = await openSql(deps, room, grantId, { connections, ms: roundMs, ttlSeconds })
  const publicKey = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }).x
  const direct = { delivery: 'direct', publicKey }
  const countHttp = (need: object) => withClients(url, room, connections, need, (ask) => countPerSecond(connections, roundMs, ask))
  const figures = { sql: [] as number[], direct: [] as number[], gateway: [] as number[] }
  for (let n = 0; n < rounds; n++) {
    figures.sql.push(await countSql())
    figures.direct.push(await countHttp(direct))
    figures.gateway.push(await countHttp({ delivery: 'gateway' }))
  }
  // As autovacuum does within a minute: what was made just now has no statistics yet.
  await deps.db.ownerPool.query('ANALYZE')
  const measureLatencies = () => withClients(url, room, openLoop.workers, direct, (ask) => measureOpenLoop(openLoop, ask))
  const { result: latencies, cpuMicros } = await measureCpu([servicePid, postgresPid], measureLatencies)
  const [serviceCpuMicros, postgresCpuMicros, generatorCpuMicros] = cpuMicros.map((micros) => round(micros / latencies.length))
  const sql = median(figures.sql)
  const toRow = (what: string, perSecond: number) => ({ what, perSecond: round(perSecond), ratioToSql: round(perSecond / sql) })
  return [
    toRow(`keylease_reserve by ${sqlTool}, one lease a call, ${connections} connections`, sql),
    toRow(`POST /v1/leases, sealed key, ${connections} connections`, median(figures.direct)),
    toRow(`POST /v1/leases, gateway token, ${connections} connections`, median(figures.gateway)),
    {
      what: `POST /v1/leases, sealed key, open loop of ${openLoop.perSecond} a second for ${openLoop.seconds} s`,
      answered: latencies.length,
      // Of both cores, with us: above two the machine had more to do than it could.
      loadAverage: round(loadavg()[0] ?? Number.NaN),
      p50Ms: round(quantile(latencies, 0.5)),
      p95Ms: round(quantile(latencies, 0.95)),
      p99Ms: round(quantile(latencies, 0.99)),
      serviceCpuMicros,
      postgresCpuMicros,
      generatorCpuMicros,
    },
  ]
}

/** Microseconds of CPU while something runs: of each process with what descends from it, then our own. */
async function measureCpu<T>(pids: readonly number[], run: () => Promise<T>): Promise<{ result: T; cpuMicros: number[] }> {
  const before = pids.map(readTreeCpuSeconds)
  const ownBefore = process.cpuUsage()
  const result = await run()
  const { user, system } = process.cpuUsage(ownBefore)
  return { result, cpuMicros: [...pids.map((pid, index) => (readTreeCpuSeconds(pid) - (before[index] ?? 0)) * 1e6), user + system] }
}

type Ask = (worker: number) => Promise<void>

/** Connections of their own for each measurement: the service closes those that rest. */
async function withClients<T>(
  url: string,
  { agents }: BenchRoom,
  count: number,
  need: object,
  measure: (ask: Ask) => Promise<T>,
): Promise<T> {
  const clients = await Promise.all(Array.from({ length: count }, () => openKeepAlive(url)))
  const body = JSON.stringify({ provider: 'openai', ttlSeconds, ...need })
  const requests = agents.map(({ token }) => toRequest(url, '/v1/leases', token, body))
  let turn = 0
  try {
    return await measure(async (worker) => {
      const answer = await clients[worker]?.send(requests[turn++ % requests.length] ?? Buffer.alloc(0))
      if (answer?.status !== 201) throw new Error(`A lease was answered ${answer?.status} ${answer?.readBody()}`)
    })
  } finally {
    for (const client of clients) client.close()
  }
}
