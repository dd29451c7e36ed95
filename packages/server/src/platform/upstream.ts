import type { AuthorisedRequest } from '@keylease/shared/providers/authorise/authorised-request'
import type { ProbeAnswer } from '@keylease/shared/providers/provider'
import { AppError } from './errors'
import { type Outbound, OutboundFailure } from './outbound'

/** Sends what a key authorised. An outage, a refused address or a late answer is an answer too. */
export async function askUpstream(outbound: Outbound, request: AuthorisedRequest, signal?: AbortSignal): Promise<ProbeAnswer> {
  const { method, url, headers, body } = request
  try {
    const answer = await outbound.request(url, {
      method: method as 'GET', // the catalogue names no method that HTTP does not
      headers,
      ...(body ? { body } : {}),
      ...(signal ? { signal } : {}),
    })
    return { status: answer.status, headers: answer.headers, body: answer.body.toString('utf8') }
  } catch (error) {
    if (error instanceof OutboundFailure) return { failure: error.reason }
    if (error instanceof AppError && error.code === 'url_not_allowed') return { failure: 'url_not_allowed' }
    if (signal?.aborted) return { failure: 'timeout' }
    throw error
  }
}
