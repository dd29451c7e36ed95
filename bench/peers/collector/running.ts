import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awaitReady, findFreePort, type MissingPeer, spawnPeer, stopPeer } from '../peer'
import { type Counters, readCounters } from './counters'
import { buildCollector } from './program'

export interface RunningCollector {
  pid: number
  /** Where it takes OTLP over HTTP. */
  url: string
  readCounters(): Promise<Counters>
  /** What it logged as an error or worse. */
  readErrors(): string[]
  /** What it logged because it tries something again. */
  countRetries(): number
  /** It sends what it still holds, and ends; its code. */
  stop(): Promise<number | null>
  /** Removes what it wrote. */
  remove(): void
}

type Signal = 'traces' | 'logs' | 'metrics'

interface CollectorPlan {
  /** By name, as its configuration has them. A path in them may begin with the folder of this run. */
  exporters(folder: string): Record<string, object>
  signals: readonly Signal[]
}

/** One that takes OTLP over HTTP on loopback; what is not said is as the Collector has it by default. */
export async function startCollector(plan: CollectorPlan): Promise<RunningCollector | MissingPeer> {
  const program = await buildCollector()
  if (typeof program !== 'string') return program
  const folder = mkdtempSync(join(tmpdir(), 'keylease-bench-collector-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const [port, metricsPort] = [await findFreePort(), await findFreePort()]
  const config = join(folder, 'config.json')
  writeFileSync(config, JSON.stringify(configure(plan, { folder, port, metricsPort })), { mode: 0o600 })
  const child = spawnPeer(program, ['--config', `file:${config}`])
  const url = `http://127.0.0.1:${port}`
  const missing = await awaitReady(child, url) // what receives is started last
  if (missing) {
    await stopPeer(child)
    return { reason: `${missing.reason}: ${readLog(folder).at(-1)?.msg ?? 'it said nothing'}` }
  }
  return {
    pid: child.pid ?? 0,
    url,
    readCounters: () => readCounters(`http://127.0.0.1:${metricsPort}/metrics`),
    readErrors: () =>
      readLog(folder).flatMap(({ level, msg, error }) => (/^(?:error|dpanic|panic|fatal)$/.test(level) ? [`${msg} ${error ?? ''}`] : [])),
    countRetries: () => readLog(folder).filter(({ msg }) => msg.includes('Will retry')).length,
    async stop() {
      if (child.exitCode !== null) return child.exitCode
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function configure(
  { exporters, signals }: CollectorPlan,
  { folder, port, metricsPort }: { folder: string; port: number; metricsPort: number },
) {
  const named = exporters(folder)
  const pipeline = { receivers: ['otlp'], exporters: Object.keys(named) }
  const log = [join(folder, 'log')]
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: named,
    service: {
      telemetry: {
        logs: { encoding: 'json', output_paths: log, error_output_paths: log, sampling: { enabled: false } },
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metricsPort } } } }] },
      },
      pipelines: Object.fromEntries(signals.map((signal) => [signal, pipeline])),
    },
  }
}

interface LogLine {
  level: string
  msg: string
  error?: string
}

function readLog(folder: string): LogLine[] {
  const file = join(folder, 'log')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []))
}
