import type { RunningService } from '../support/service'
import type { Batch, Form } from './batches'

const connections = 12

/** Closed loop: as many at a time as there are connections, the next when one is acknowledged. */
export async function sendAll({ url }: RunningService, batches: readonly Batch[], form: Form) {
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
