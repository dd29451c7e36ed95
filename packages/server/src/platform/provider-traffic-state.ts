export type ProviderState = 'healthy' | 'degraded' | 'down' | 'unknown'

export const trafficWindowMs = 15 * 60_000

const failuresThatCount = 3
const downRatio = 0.9
const degradedRatio = 0.1

/** How a provider does by its calls of the window; null without any. One failure among answers is noise. */
export function judgeTraffic(basis: { answered: number; failed: number; unreachable: number }): ProviderState | null {
  const failures = basis.failed + basis.unreachable
  const calls = basis.answered + failures
  if (calls === 0) return null
  const ratio = failures / calls
  if (failures >= failuresThatCount && ratio >= downRatio) return 'down'
  const isMoreThanNoise = failures > 1 || basis.answered === 0
  return isMoreThanNoise && ratio >= degradedRatio ? 'degraded' : 'healthy'
}
