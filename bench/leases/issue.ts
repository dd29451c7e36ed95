import { generateKeyPairSync } from 'node:crypto'
import { loadavg } from 'node:os'
import type { Deps } from '../../packages/server/src/deps'
import { fillLog } from '../support/fill-log'
import { quantile, round } from '../support/load'
import { median } from '../support/measure'
import { readTreeCpuSeconds } from '../support/processes'
import type { Superuser } from '../support/service'
import type { BenchRoom } from './agents'
import { type Load, runLoad } from './load'
import { openSql, sqlTool } from './sql'

const connections = 16
const rounds = 3
const roundMs = 3_000
/** As long as a lease lasts where nobody says otherwise: none ends while the bench runs. The shortest: as many end as begin. */
const ttls = { usual: 900, shortest: 30 } as const
const openLoop = { kind: 'open', perSecond: 1_000, seconds: 20, workers: 64 } as const
/** Until what asks and counts is compiled: a young program is late itself. */
const warmSeconds = 3

interface Site {
  service: { url: string; pid: number }
  postgresPid: number
  superuser: Superuser
  deps: Deps
}

/** Issuing over HTTP against the same call of the database without anything around it, in turns. */
export async function measureIssue({ service, postgresPid, superuser, deps }: Site, room: BenchRoom, grantId: string) {
  const { url, pid: servicePid } = service
  const countSql = await openSql(deps, room, grantId, { connections, ms: roundMs, ttlSeconds: ttls.usual })
  const publicKey = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }).x
  const direct = { delivery: 'direct', publicKey }
  const tokens = room.agents.map(({ token }) => token)
  const run = (need: object, load: Load) =>
    runLoad({ url, tokens, body: JSON.stringify({ provider: 'openai', ttlSeconds: ttls.usual, ...need }), load })
  const countHttp = async (need: object) => (await run(need, { kind: 'closed', connections, ms: roundMs })).perSecond
  const measureOpen = async (ttlSeconds: number, load: Extract<Load, { kind: 'open' }>) => {
    const pids = [servicePid, postgresPid]
    const before = pids.map(readTreeCpuSeconds)
    const { latencies, answered, cpuMicros } = await run({ ...direct, ttlSeconds }, load)
    const [serviceCpuMicros, postgresCpuMicros] = pids.map((pid, place) =>
      round(((readTreeCpuSeconds(pid) - (before[place] ?? 0)) * 1e6) / answered),
    )
    return {
      what: `POST /v1/leases, sealed key, open loop of ${load.perSecond} a second for ${load.seconds} s, leases of ${ttlSeconds} s`,
      answered: latencies.length,
      // Of both cores, with us: above two the machine had more to do than it could.
      loadAverage: round(loadavg()[0] ?? Number.NaN),
      p50Ms: round(quantile(latencies, 0.5)),
      p95Ms: round(quantile(latencies, 0.95)),
      p99Ms: round(quantile(latencies, 0.99)),
      serviceCpuMicros,
      postgresCpuMicros,
      generatorCpuMicros: round(cpuMicros / latencies.length),
    }
  }
  const figures = { sql: [] as number[], direct: [] as number[], gateway: [] as number[] }
  await fillLog(superuser)
  for (let n = 0; n < rounds; n++) {
    figures.sql.push(await countSql())
    figures.direct.push(await countHttp(direct))
    figures.gateway.push(await countHttp({ delivery: 'gateway' }))
  }
  // As autovacuum does within a minute: what was made just now has no statistics yet.
  await superuser.query('ANALYZE')
  const sql = median(figures.sql)
  const toRow = (what: string, perSecond: number) => ({ what, perSecond: round(perSecond), ratioToSql: round(perSecond / sql) })
  return [
    toRow(`keylease_reserve by ${sqlTool}, one lease a call, ${connections} connections`, sql),
    toRow(`POST /v1/leases, sealed key, ${connections} connections`, median(figures.direct)),
    toRow(`POST /v1/leases, gateway token, ${connections} connections`, median(figures.gateway)),
    await measureOpen(ttls.usual, { ...openLoop, warmSeconds }),
    await measureOpen(ttls.shortest, { ...openLoop, warmSeconds: ttls.shortest + 10 }),
  ]
}
