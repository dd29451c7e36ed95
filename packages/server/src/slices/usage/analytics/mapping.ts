import type { UsageTiming } from '@keylease/shared/contracts/usage-fields'
import type { UsagePoint } from '@keylease/shared/contracts/usage-timeseries'
import { quantileOf } from '@keylease/shared/insights/latency-sketch'
import { cacheShare, costPerMillionTokens, costPerRequest, errorRate } from '@keylease/shared/insights/rates'
import type { Sums } from './sums'

/** What every answer tells of a set of calls. */
export const toMeasures = ({ counts, nanos, tokens }: Sums) => ({
  requests: counts.calls,
  errors: counts.errors,
  unpriced: counts.unpriced,
  costNanos: nanos.cost.toString(),
  estimatedNanos: nanos.estimatedCost.toString(),
  assumedNanos: nanos.assumedCost.toString(),
  chargedNanos: nanos.charged.toString(),
  tokens,
  quality: toQuality({ counts }),
  errorRate: errorRate(counts.errors, counts.calls),
  costPerRequestNanos: costPerRequest(nanos.cost, counts.calls, counts.unpriced)?.toString() ?? null,
  costPerMillionTokensNanos: costPerMillionTokens(nanos.cost, tokens)?.toString() ?? null,
  cacheShare: cacheShare(tokens),
})

export const toQuality = ({ counts: { calls, estimated, assumed } }: Pick<Sums, 'counts'>) => ({
  exact: calls - estimated - assumed,
  estimated,
  assumed,
})

/** Percentiles of a sketch, beside the exact average. */
export function toTiming(sketch: readonly number[] | undefined, calls: number, totalMs: number): UsageTiming {
  const quantile = (q: number) => (sketch ? quantileOf(sketch, q) : null)
  const [p50Ms, p95Ms, p99Ms] = [quantile(0.5), quantile(0.95), quantile(0.99)]
  if (p50Ms === null || p95Ms === null || p99Ms === null || calls === 0) return null
  return { p50Ms, p95Ms, p99Ms, averageMs: Math.round((totalMs * 10) / calls) / 10 }
}

export const toPoint = (at: Date, { counts, nanos }: Sums, latency: UsageTiming): UsagePoint => ({
  at: at.toISOString(),
  requests: counts.calls,
  errors: counts.errors,
  unpriced: counts.unpriced,
  costNanos: nanos.cost.toString(),
  inputTokens: counts.inputTokens,
  outputTokens: counts.outputTokens,
  quality: toQuality({ counts }),
  latency,
})
