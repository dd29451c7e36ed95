import { toProbeResult } from '@keylease/shared/providers/probe'
import type { ProbeAnswer, ProbeResult, Provider } from '@keylease/shared/providers/provider'
import { fillPath } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import { createEchoTest } from './echo'
import { type KeyInHand, sendWithKey, toRequest } from './sending'
import { toOutcome } from './traffic'

export interface Probed {
  result: ProbeResult
  latencyMs: number
}

interface ProbeOptions {
  withinMs?: number
  /** Whose picture of the provider the answer adds to; absent, nobody's. */
  organizationId?: string
}

const probeMs = 30_000

/** Asks the provider about a key. Whatever comes back is a verdict: it never throws on an answer, an outage or a refused address. */
export async function probeKey(
  deps: Pick<Deps, 'outbound' | 'tokens' | 'clock' | 'traffic'>,
  { provider, target, value }: KeyInHand,
  { withinMs = probeMs, organizationId }: ProbeOptions = {},
): Promise<Probed> {
  const { probe } = provider
  const path = probe && fillPath(probe.path, target)
  if (!probe || path === null) return { result: toProbeResult('no_probe'), latencyMs: 0 }
  const startedMs = deps.clock.monotonicMs()
  const request = toRequest(probe.method, path, probe.body ?? null)
  const answer = await sendWithKey(deps, { provider, target, value }, request, { withinMs, isFresh: true })
  const latencyMs = Math.round(deps.clock.monotonicMs() - startedMs)
  const result = dropEcho(probe.read(answer), value)
  const outcome = toProbeOutcome(provider, answer, result)
  if (organizationId !== undefined && outcome) deps.traffic.record(organizationId, provider.id, outcome, latencyMs)
  return { result, latencyMs }
}

/** An answer that makes no sense under a success is the provider's failure; under 404 it is an address or a deployment of ours. */
function toProbeOutcome(provider: Provider, answer: ProbeAnswer, { reason }: ProbeResult) {
  const isGarbled = reason === 'unexpected_answer' && 'status' in answer && answer.status < 300
  return isGarbled ? 'failed' : toOutcome(provider, answer)
}

/** An upstream may send the key back in whatever we read: nothing that holds a part of it is kept. */
function dropEcho(result: ProbeResult, value: Secret): ProbeResult {
  const isEcho = createEchoTest(value)
  const { organization, limits } = result.details
  const kept = Object.entries(limits).filter((entry) => !entry.some(isEcho))
  const details = { organization: organization !== null && isEcho(organization) ? null : organization, limits: Object.fromEntries(kept) }
  return { ...result, details }
}
