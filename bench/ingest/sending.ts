import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { RunningService } from '../support/service'
import type { Batch, Form } from './batches'

const connections = 12

/** Closed loop: as many at a time as there are connections, the next when one is acknowledged. */
export async function sendAll({ url }: Pick<RunningService, 'url'>, batches: readonly Batch[], form: Form) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  let acknowledged = 0
  let next = 0
  const send = async () => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      const started = performance.now()
      await post(`${url}/v1/traces`, agent, batch, form)
      latencies.push(performance.now() - started)
      acknowledged += batch.spans
    }
  }
  await Promise.all(Array.from({ length: connections }, send))
  agent.destroy()
  return { acknowledged, latencies }
}

/** Not by `fetch`: what it takes to send a large body is missing from what is measured. */
function post(url: string, agent: Agent, { token, body }: Batch, { type, coding }: Form): Promise<void> {
  const headers: Record<string, string | number> = {
    authorization: `Bearer ${token}`,
    'content-type': type,
    'content-length': body.byteLength,
  }
  if (coding) headers['content-encoding'] = coding
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      text(answer).then((told) => {
        if (answer.statusCode === 200 && !told.includes('rejected')) resolve()
        else reject(new Error(`a batch was answered ${answer.statusCode} ${told}`))
      }, reject)
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
