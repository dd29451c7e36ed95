import { setTimeout as wait } from 'node:timers/promises'
import { type Counters, readCounters } from '../peers/collector/counters'
import type { RunningCollector } from '../peers/collector/running'
import type { BenchSite, RunningService, Superuser } from '../support/service'
import { type Sent, sumOwed } from './calls'
import type { Relay } from './relay'
import { type CollectorRoom, readLedger } from './room'
import { sendEvents, sendMetrics, sendTraces } from './senders'

export interface Stage {
  site: BenchSite
  service: RunningService
  relay: Relay
  room: CollectorRoom
  postgres: Superuser
  collector: RunningCollector
  /** Since the beginning. */
  sent: Sent
}

export const outageMs = 4_000
const longestMs = 120_000
/** Of a phase, a second apart: some before a fault, some amid it. */
const rounds = 4
const tracesPerRound = 150
/** What is under a rule by its name, what by another attribute, and what under none; one of them reports in JSON. */
export const services = { ofProject: 'checkout-web', ofAgent: 'search-json', ofNobody: 'batch' } as const

const signals = ['spans', 'log_records', 'metric_points'] as const
const sumOf = (counters: Counters, what: string, label = '') =>
  signals.reduce((sum, signal) => sum + counters.sum(`otelcol_${what}_${signal}`, label), 0)

/** All that was accepted is answered for: what was sent on, and what was given up. */
async function drain({ collector }: Stage): Promise<void> {
  const endsAt = performance.now() + longestMs
  while (performance.now() < endsAt) {
    const counters = await collector.readCounters()
    const done = sumOf(counters, 'exporter_sent', 'otlp_http') + sumOf(counters, 'exporter_send_failed', 'otlp_http')
    if (done >= sumOf(counters, 'receiver_accepted')) return
    await wait(100)
  }
  throw new Error(`The Collector did not get rid of what it holds within ${longestMs / 1_000} s.`)
}

/** Everything is sent while something is done to what receives it; what the ledger holds once the Collector is through. */
export async function runPhase(stage: Stage, what: string, disturb: () => Promise<void>): Promise<Record<string, unknown>> {
  const { collector, relay, sent } = stage
  const before = { ...relay.seen, answers: { ...relay.seen.answers }, retries: collector.countRetries(), spans: sent.spans }
  const started = performance.now()
  await Promise.all([sendRounds(stage), disturb()])
  await drain(stage)
  const seconds = (performance.now() - started) / 1_000
  return {
    what,
    spans: sent.spans - before.spans,
    ...(await compare(stage)),
    retries: collector.countRetries() - before.retries,
    connections: relay.seen.connections - before.connections,
    answered200: (relay.seen.answers['200'] ?? 0) - (before.answers['200'] ?? 0),
    answered503: relay.seen.refused - before.refused,
    answersLost: relay.seen.forgotten - before.forgotten,
    seconds: Math.round(seconds),
  }
}

async function sendRounds({ collector: { url }, sent }: Stage): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await Promise.all([
      ...Object.values(services).map((service) => sendTraces(url, service, tracesPerRound, sent)),
      sendEvents(url, tracesPerRound, sent),
      sendMetrics(url, sent),
    ])
    await wait(1_000)
  }
}

/** What is in the ledger against what was sent since the beginning. */
export async function compare({ sent, postgres, room }: Stage) {
  const [owed, ledger] = [sumOwed(sent), await readLedger(postgres, room.owners)]
  const [ofProject, ofAgent] = [services.ofProject, services.ofAgent].map((one) => sumOwed(sent, (service) => service === one))
  return {
    callsInLedger: ledger.calls,
    callsOff: ledger.calls - owed.calls,
    nanosOff: Number(ledger.nanos - owed.nanos),
    sumsOff: ledger.summedCalls - ledger.calls,
    summedNanosOff: Number(ledger.summedNanos - ledger.nanos),
    ofProjectOff: Number(ledger.ofProject.nanos - (ofProject?.nanos ?? 0n)),
    ofAgentOff: Number(ledger.ofAgent.nanos - (ofAgent?.nanos ?? 0n)),
  }
}

/** What our service counted since it started. */
export async function countRecords({ site, service }: Stage) {
  const counters = await readCounters(`${service.url}/metrics`, { authorization: `Bearer ${site.token}` })
  const count = (outcome: string) => counters.sum('keylease_ingest_records_total', `outcome="${outcome}"`)
  return { taken: count('taken'), repeated: count('repeated'), dropped: count('dropped'), refused: count('refused') }
}
