import { statSync } from 'node:fs'
import { join } from 'node:path'
import { readCollectorVersion } from '../peers/collector/program'
import { startCollector } from '../peers/collector/running'
import { quantile, round } from '../support/load'
import { readTreeCpuSeconds } from '../support/processes'

const warming = 8
const note = 'no durability: answered once the file’s buffer in memory has it; nothing is deduplicated, priced or summed'

/** The Collector as a candidate beside us: OTLP in, its file exporter out, as they are by default. */
export async function measureToFile<Batch>(
  form: string,
  batches: readonly Batch[],
  send: (url: string, batches: readonly Batch[]) => Promise<{ acknowledged: number; latencies: readonly number[] }>,
): Promise<Record<string, unknown>> {
  const what = `OpenTelemetry Collector ${readCollectorVersion()} to a file: ${form}`
  let file = ''
  const collector = await startCollector({
    signals: ['traces'],
    exporters(folder) {
      file = join(folder, 'spans')
      return { file: { path: file } }
    },
  })
  if ('reason' in collector) return { what, notRun: collector.reason }
  const { acknowledged: warmed } = await send(collector.url, batches.slice(0, warming))
  const cpu = readTreeCpuSeconds(collector.pid)
  const started = performance.now()
  const { acknowledged, latencies } = await send(collector.url, batches.slice(warming))
  const elapsed = (performance.now() - started) / 1_000
  const used = readTreeCpuSeconds(collector.pid) - cpu
  const written = (await collector.readCounters()).sum('otelcol_exporter_sent_spans')
  await collector.stop()
  const { size } = statSync(file)
  collector.remove()
  return {
    what,
    spansPerSecond: Math.round(acknowledged / elapsed),
    collectorMicrosecondsPerSpan: round((used / acknowledged) * 1e6),
    acknowledgeP50Ms: round(quantile(latencies, 0.5)),
    acknowledgeP99Ms: round(quantile(latencies, 0.99)),
    acknowledged,
    lostOrDoubled: written - warmed - acknowledged,
    fileBytesPerSpan: Math.round(size / written),
    note,
  }
}
