import type { ProbeAnswer, Provider } from '@keylease/shared/providers/provider'
import type { TrafficOutcome } from '../../platform/provider-traffic'

/** What an answer says of the provider, whatever it says of the key; null where we did not even ask. */
export function toOutcome(provider: Pick<Provider, 'classifyError'>, answer: ProbeAnswer): TrafficOutcome | null {
  if ('failure' in answer) {
    if (answer.failure === 'url_not_allowed') return null
    return answer.failure === 'broken' ? 'failed' : 'unreachable'
  }
  return provider.classifyError(answer) === 'overloaded' ? 'failed' : 'answered'
}
