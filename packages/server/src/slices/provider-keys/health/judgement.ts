import type { KeyHealth } from '@keylease/shared/contracts/provider-key-bodies'
import type { ProbeResult, ProbeVerdict } from '@keylease/shared/providers/provider'

/** What is known of the current value of a key: its health, and how many checks in a row refused it or proved nothing. */
export interface HealthState {
  health: KeyHealth
  refusals: number
  failures: number
}

/** So many scheduled checks in a row it takes, where one alone may be the provider's own mistake. */
const refusalsThatCount = 2
const failuresThatCount = 3

/**
 * What a check changes. Asked for by a person, a refusal counts at once; on a scheduled check a second one confirms it. What proves
 * nothing never makes a key bad, nor a bad one good: only after several in a row does it say that the key is out of reach.
 */
export function judgeProbe(before: HealthState, { valid, verdict }: ProbeResult, isScheduled: boolean): HealthState {
  if (valid === true) return { health: verdict === 'no_quota' ? 'no_quota' : 'healthy', refusals: 0, failures: 0 }
  if (valid === false) {
    const refusals = before.refusals + 1
    return { health: !isScheduled || refusals >= refusalsThatCount ? 'rejected' : before.health, refusals, failures: 0 }
  }
  if (!isScheduled) return before
  const failures = before.failures + 1
  const isFirm = before.health === 'rejected' || before.health === 'no_quota'
  return { ...before, failures, health: isFirm || failures < failuresThatCount ? before.health : (outOfReach[verdict] ?? before.health) }
}

const outOfReach: Partial<Record<ProbeVerdict, KeyHealth>> = { limited: 'limited', degraded: 'degraded', unreachable: 'unreachable' }

/** What a change of health tells the world: nothing, that the key needs somebody, or that it works again. */
export function newsOf(before: KeyHealth, after: KeyHealth): 'key.unhealthy' | 'key.recovered' | null {
  if (before === after || after === 'unknown') return null
  if (after !== 'healthy') return 'key.unhealthy'
  return before === 'unknown' ? null : 'key.recovered'
}
