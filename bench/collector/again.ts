import { startCollector } from '../peers/collector/running'
import { readAccepted } from './accepted'
import { compare, countRecords, type Stage } from './phase'

const paths: Record<string, string> = { resourceSpans: '/v1/traces', resourceLogs: '/v1/logs', resourceMetrics: '/v1/metrics' }

/** What the first Collector accepted goes through a second one, which sends it twice, in the codings that are not its default. */
export async function sendAgain(stage: Stage, file: string): Promise<Record<string, unknown>> {
  const target = { endpoint: stage.service.url, headers: { authorization: `Bearer ${stage.room.token}` } }
  const collector = await startCollector({
    signals: ['traces', 'logs', 'metrics'],
    exporters: () => ({
      'otlp_http/json': { ...target, encoding: 'json', compression: 'zstd' },
      'otlp_http/plain': { ...target, compression: 'none' },
    }),
  })
  if ('reason' in collector) throw new Error(`The second Collector: ${collector.reason}.`)
  const before = await countRecords(stage)
  for await (const line of readAccepted(file)) {
    const path = Object.entries(paths).find(([key]) => line.startsWith(`{"${key}"`))?.[1]
    if (!path) throw new Error('The Collector wrote a line that is of no signal.')
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${collector.url}${path}`, { method: 'POST', headers, body: line })
    if (answer.status !== 200) throw new Error(`The Collector answered ${answer.status} ${await answer.text()}`)
    await answer.arrayBuffer()
  }
  const code = await collector.stop() // it sends what it holds before it ends
  const after = await countRecords(stage)
  const errors = collector.readErrors()
  collector.remove()
  return {
    what: 'all of it again, as JSON with zstd and as plain protobuf',
    ...(await compare(stage)),
    taken: after.taken - before.taken,
    repeated: after.repeated - before.repeated,
    collectorErrors: errors.length,
    collectorEndedWith: code,
    ...(errors[0] && { firstError: errors[0] }),
  }
}
