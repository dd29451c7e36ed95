import { type SecurityEventKind, securityEventKinds } from '@keylease/shared/contracts/security-events'
import type { ErrorCode } from '@keylease/shared/errors'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

interface RequestObservation {
  method: string
  /** The path template of the contract, never the path that was asked for; absent when no route matched. */
  route: string | undefined
  status: number
  seconds: number
}

interface ServiceState {
  sealed: boolean
  liveReplicas: number
  feedLagMs: number
}

/** What became of records that others reported: linked ones are billed by another report of the same call. */
type RecordOutcome = 'taken' | 'repeated' | 'linked' | 'unpriced' | 'refused' | 'dropped'

/** New prices: taken, refused because the book would be absurd, or not to be read at all. */
type PriceImportOutcome = 'done' | 'refused' | 'failed'

export interface Metrics {
  observeRequest(observation: RequestObservation): void
  countError(code: ErrorCode): void
  countSecurityEvent(kind: SecurityEventKind): void
  countDroppedSecurityEvents(count: number): void
  countPriceImport(outcome: PriceImportOutcome): void
  countRecords(outcome: RecordOutcome, count: number): void
  setRecountDifferences(count: number): void
  setGauges(state: ServiceState): void
  render(): Promise<string>
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

let processRegistry: Registry | undefined

/** Every label comes from a closed set: what a caller sends can never add a series. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({
    name: 'keylease_http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'keylease_http_request_duration_seconds',
    help: 'Time from the request to its answer.',
    labelNames: ['method', 'route'],
    buckets: durationBuckets,
    registers,
  })
  const errors = new Counter({
    name: 'keylease_errors_total',
    help: 'Refusals and failures by error code.',
    labelNames: ['code'],
    registers,
  })
  const securityEvents = new Counter({
    name: 'keylease_security_events_total',
    help: 'What may need a second look, by kind.',
    labelNames: ['kind'],
    registers,
  })
  for (const kind of securityEventKinds) securityEvents.inc({ kind }, 0)
  const droppedEvents = new Counter({
    name: 'keylease_security_events_dropped_total',
    help: 'Security events that were counted and not written.',
    registers,
  })
  const priceImports = new Counter({
    name: 'keylease_price_imports_total',
    help: 'Imports of prices by outcome; after a refused or failed one the prices in use stay.',
    labelNames: ['outcome'],
    registers,
  })
  const records = new Counter({
    name: 'keylease_ingest_records_total',
    help: 'Spans and log records by what became of them; a dropped one tells of no call.',
    labelNames: ['outcome'],
    registers,
  })
  const recountDifferences = new Gauge({
    name: 'keylease_recount_differences',
    help: 'Sums of usage that differed from the ledger at the last recount.',
    registers,
  })
  const sealed = new Gauge({ name: 'keylease_sealed', help: '1 while there is no usable root key.', registers })
  const replicas = new Gauge({ name: 'keylease_live_replicas', help: 'Replicas that share the database and the limits.', registers })
  const lag = new Gauge({ name: 'keylease_change_feed_lag_seconds', help: 'Time since the change feed was last read.', registers })

  return {
    observeRequest(observation) {
      const labels = {
        method: knownMethods.has(observation.method) ? observation.method : 'other',
        route: observation.route ?? 'unmatched',
      }
      requests.inc({ ...labels, status: observation.status })
      durations.observe(labels, observation.seconds)
    },
    countError: (code) => errors.inc({ code }),
    countSecurityEvent: (kind) => securityEvents.inc({ kind }),
    countDroppedSecurityEvents: (count) => droppedEvents.inc(count),
    countPriceImport: (outcome) => priceImports.inc({ outcome }),
    countRecords: (outcome, count) => records.inc({ outcome }, count),
    setRecountDifferences: (count) => recountDifferences.set(count),
    setGauges(state) {
      sealed.set(state.sealed ? 1 : 0)
      replicas.set(state.liveReplicas)
      lag.set(state.feedLagMs / 1_000)
    },
    render: async () => [await registry.metrics(), await defaultMetrics().metrics()].map((text) => `${text.trimEnd()}\n`).join('\n'),
  }
}

/** One per process, however many apps a test builds in it: the garbage collection observer can never be taken back. */
function defaultMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry()
    collectDefaultMetrics({ register: processRegistry })
  }
  return processRegistry
}
