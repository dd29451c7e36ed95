import { Agent } from 'undici'
import { createConnector, type ResolveName, resolveBySystem } from './outbound/connector'
import { exchange, type OutboundTimeouts } from './outbound/exchange'
import type { OutboundAnswer, OutboundRequest } from './outbound/message'
import { type OutboundPolicy, type OwnPorts, readOutboundPolicy } from './outbound/policy'
import { isRepeatable, nextDelayMs } from './outbound/retry'
import { checkOutboundUrl } from './outbound/url'

export type { OutboundAnswer } from './outbound/message'
export { OutboundFailure } from './outbound/refusal'

/** The one way out to an address that somebody else chose. */
export interface Outbound {
  /** For a URL that is about to be saved; throws `url_not_allowed` with the reason. */
  check(url: string): URL
  /**
   * Sends to a judged address. Redirects are answered, never followed, so a credential stays where it was sent.
   * GET and HEAD are tried three times at most. Throws `url_not_allowed` or OutboundFailure.
   */
  request(url: string, request?: OutboundRequest): Promise<OutboundAnswer>
  /** A port that this service listens on, known once it does. */
  refusePort(port: number): void
  close(): Promise<void>
}

export interface OutboundTuning {
  resolve?: ResolveName
  timeouts?: OutboundTimeouts
  sleep?: (ms: number) => Promise<void>
  random?: () => number
}

const defaultTimeouts: OutboundTimeouts = { connectMs: 3_000, headersMs: 10_000, bodyMs: 15_000 }
const sleepFor = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export function createOutbound(env: { allowPrivateUpstreams: string | undefined }, own: OwnPorts, tuning: OutboundTuning = {}): Outbound {
  const policy = readOutboundPolicy(env.allowPrivateUpstreams, own)
  const timeouts = tuning.timeouts ?? defaultTimeouts
  const agent = new Agent({
    connect: createConnector(policy, timeouts.connectMs, tuning.resolve ?? resolveBySystem),
    keepAliveTimeout: 1_000,
  })
  return {
    check: (url) => checkOutboundUrl(url, policy),
    request: (url, request = {}) =>
      send(agent, policy, url, request, { timeouts, sleep: tuning.sleep ?? sleepFor, random: tuning.random ?? Math.random }),
    refusePort: (port) => void policy.ownPorts.add(port),
    close: () => agent.destroy(),
  }
}

type Pace = Required<Omit<OutboundTuning, 'resolve'>>

async function send(agent: Agent, policy: OutboundPolicy, text: string, request: OutboundRequest, pace: Pace): Promise<OutboundAnswer> {
  for (let attempt = 1; ; attempt++) {
    const url = checkOutboundUrl(text, policy)
    const outcome = await exchange(agent, url, request, pace.timeouts)
    const delayMs = isRepeatable(request.method) ? nextDelayMs(outcome, attempt, pace.random()) : null
    if (delayMs === null) {
      if (outcome instanceof Error) throw outcome
      return outcome
    }
    await pace.sleep(delayMs)
    request.signal?.throwIfAborted()
  }
}
