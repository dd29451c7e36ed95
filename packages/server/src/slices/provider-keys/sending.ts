import type { ProbeAnswer, Provider } from '@keylease/shared/providers/provider'
import { authoriseRequest, type KeyTarget, resolveBaseUrl, type UpstreamRequest } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import { askUpstream } from '../../platform/upstream'
import type { KeyRow } from './queries'

/** A key with everything that sending it needs. */
export interface KeyInHand {
  provider: Provider
  target: KeyTarget
  value: Secret
}

export function toTarget({ baseUrl, region, deployment, apiVersion, upstreamOrganization }: Pick<KeyRow, keyof KeyTarget>): KeyTarget {
  return { baseUrl, region, deployment, apiVersion, upstreamOrganization }
}

/** A body of JSON, or none. */
export function toRequest(method: string, path: string, body: Readonly<Record<string, unknown>> | null): UpstreamRequest {
  if (body === null) return { method, path }
  return { method, path, headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode(JSON.stringify(body)) }
}

/** Sends one request with a key, to its own address alone. */
export async function sendWithKey(
  deps: Pick<Deps, 'outbound' | 'tokens' | 'clock'>,
  { provider, target, value }: KeyInHand,
  request: UpstreamRequest,
  options: { withinMs: number; isFresh?: boolean },
): Promise<ProbeAnswer> {
  if (resolveBaseUrl(provider, target) === null) return { failure: 'unreachable' }
  const signal = AbortSignal.timeout(options.withinMs)
  const exchanged = await deps.tokens.toCredential(provider, value, { isFresh: options.isFresh === true, signal })
  if ('error' in exchanged) return exchanged.error
  const authorised = await authoriseRequest(provider, target, request, exchanged.credential, deps.clock.now())
  return askUpstream(deps.outbound, authorised, signal)
}
