import { openKeepAlive, toRequest } from '../support/keep-alive'
import { countPerSecond, measureOpenLoop } from '../support/load'
import type { LoadAnswer, LoadJob } from './load'

/** Asks for leases from a process of its own: what the bench holds in memory is none of the latency. */
process.once('message', async ({ url, tokens, body, load }: LoadJob) => {
  const connections = load.kind === 'closed' ? load.connections : load.workers
  const clients = await Promise.all(Array.from({ length: connections }, () => openKeepAlive(url)))
  const requests = tokens.map((token) => toRequest(url, '/v1/leases', token, body))
  let turn = 0
  let answered = 0
  const ask = async (worker: number) => {
    const answer = await clients[worker]?.send(requests[turn++ % requests.length] ?? Buffer.alloc(0))
    if (answer?.status !== 201) throw new Error(`A lease was answered ${answer?.status} ${answer?.readBody()}`)
    answered++
  }
  if (load.kind === 'open') await measureOpenLoop({ ...load, seconds: load.warmSeconds }, ask)
  const before = process.cpuUsage()
  const perSecond = load.kind === 'closed' ? await countPerSecond(connections, load.ms, ask) : 0
  const latencies = load.kind === 'open' ? await measureOpenLoop(load, ask) : []
  const { user, system } = process.cpuUsage(before)
  for (const client of clients) client.close()
  const answer: LoadAnswer = { perSecond, answered, latencies, cpuMicros: user + system }
  process.send?.(answer, () => process.disconnect())
})
