import { findCatalogueProvider } from '@keylease/shared/providers/index'
import type { HealthState } from './judgement'

const confirmMs = 60_000
const longestMs = 6 * 3_600_000
const jitter = 0.2
const dayMs = 86_400_000

/** Where a check counts against a quota of requests, as of 25 a day at Alpha Vantage, once a day has to do. */
export function toIntervalMs(provider: string, wantedMs: number): number {
  const operations = findCatalogueProvider(provider)?.operations ?? []
  return operations.some(({ kind }) => kind === 'data') ? Math.max(wantedMs, dayMs) : wantedMs
}

/**
 * How long until the next check: the interval of the organization. A first refusal is confirmed soon; what stays refused or proves
 * nothing is asked about half as often each time, down to every six hours. A fifth more or less keeps keys from firing together.
 */
export function nextProbeDelayMs({ refusals, failures }: Omit<HealthState, 'health'>, intervalMs: number, random: number): number {
  const spread = 1 - jitter + 2 * jitter * random
  if (refusals === 1 && failures === 0) return confirmMs * spread
  const doublings = Math.max(failures - 1, refusals - 2, 0)
  const limitMs = Math.max(longestMs, intervalMs)
  const delayMs = Math.min(limitMs, intervalMs * 2 ** Math.min(doublings, 20)) * spread
  return doublings > 0 ? Math.min(limitMs, delayMs) : delayMs
}
